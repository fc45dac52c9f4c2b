"""Fixtures: a stage for processes, an authority, servers. A failed test shows the log of every process."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import servers  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.process import Stage  # noqa: E402


@pytest.fixture
def stage(tmp_path, request):
    stage = Stage(tmp_path)
    request.node.stage = stage
    yield stage
    stage.end()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def unbound(stage, authority):
    return servers.Unbound(stage, authority)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    stage = getattr(item, "stage", None)
    if report.failed and stage:
        report.sections.extend(stage.logs())
