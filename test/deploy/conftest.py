"""The live tests' fixtures, for checks against the running program."""

import importlib.util
import pathlib
import sys

LIVE = pathlib.Path(__file__).parents[1] / "live"

sys.path.insert(0, str(LIVE))
_spec = importlib.util.spec_from_file_location("live_conftest", LIVE / "conftest.py")
_live = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_live)

stage = _live.stage
authority = _live.authority
pytest_runtest_makereport = _live.pytest_runtest_makereport
