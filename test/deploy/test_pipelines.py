"""The pipelines of the forges: they parse, every script that they name exists, and what they keep is whole."""

import hashlib
import os
import pathlib
import re
import subprocess
import tarfile

import pytest
import yaml
from harness.dotring import BIN_DIR

ROOT = pathlib.Path(__file__).parents[2]
PIPELINES = sorted((ROOT / ".ci").glob("*.yml"))
# A path of the repository that is called: at the start of a command.
CALLED = re.compile(r"(?:^|&& |\| )\s*((?:\.ci|scripts)/[\w./-]+)((?: +[\w.=/-]+)*)", re.MULTILINE)


def commands_of(pipeline):
    """Every command, wherever a forge keeps them."""
    if isinstance(pipeline, dict):
        for key, value in pipeline.items():
            if key in ("run", "script", "commands", "before_script") and not isinstance(value, dict):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from commands_of(value)
    elif isinstance(pipeline, list):
        for one in pipeline:
            yield from commands_of(one)


def called_in(path):
    """(script, arguments) that the pipeline calls."""
    commands = commands_of(yaml.safe_load(path.read_text()))
    return [(found[1], found[2].split()) for command in commands for found in CALLED.finditer(command)]


def test_there_is_a_pipeline_for_each_of_the_common_forges():
    assert [path.stem for path in PIPELINES] == ["github", "gitlab", "woodpecker"]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_tests_builds_and_keeps(path):
    assert path.read_text().startswith("# ") and path.name in path.read_text().splitlines()[0]
    called = called_in(path)
    assert {".ci/run", ".ci/artefacts", "scripts/build"} <= {script for script, _ in called}
    for script, arguments in called:
        assert os.access(ROOT / script, os.X_OK), script
        usage = (ROOT / script).read_text()
        assert all(argument in usage for argument in arguments if argument.startswith("--")), (script, arguments)
    builds = [command for command in commands_of(yaml.safe_load(path.read_text())) if "docker build" in command]
    dockerfile = (ROOT / "Dockerfile").read_text()
    for command in builds:
        target = re.search(r"--target (\S+)", command)[1]
        assert f" AS {target}\n" in dockerfile
    assert builds and any("docker save" in command for command in commands_of(yaml.safe_load(path.read_text())))


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_pipeline_fuzzes_every_target_for_some_seconds(path):
    """No other run builds them with clang. Without a number it would be a minute for each."""
    (arguments,) = [arguments for script, arguments in called_in(path) if script == "scripts/fuzz"]
    (seconds,) = map(int, arguments)
    assert 1 <= seconds <= 20


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_what_jobs_wait_for_exists(path):
    pipeline = yaml.safe_load(path.read_text())
    jobs = pipeline.get("jobs", {})
    for job in jobs.values():
        assert job.get("needs", "test") in jobs
    stages = pipeline.get("stages", [])
    for job in pipeline.values():
        if stages and isinstance(job, dict) and "stage" in job:
            assert job["stage"] in stages
            assert job.get("extends", ".debian") in pipeline


def test_artefacts_are_the_programs_and_what_deploys_them(tmp_path):
    # The build has other programs besides, but what is installed must be there.
    done = subprocess.run(
        [ROOT / ".ci/artefacts", tmp_path / "kept", BIN_DIR.parent], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    archive = pathlib.Path(done.stdout.strip())
    version = subprocess.run([BIN_DIR / "dotring", "--version"], capture_output=True, text=True).stdout.split()[1]
    assert archive.parent == tmp_path / "kept" and archive.name.startswith(f"dotring-{version}-")
    digest, name = pathlib.Path(f"{archive}.sha256").read_text().split()
    assert digest == hashlib.sha256(archive.read_bytes()).hexdigest() and name == archive.name
    with tarfile.open(archive) as tar:
        names = {pathlib.PurePosixPath(member.name).relative_to(archive.name.removesuffix(".tar.gz")) for member in tar}
    texts = set(map(str, names))
    assert {"usr/bin/dotring", "usr/bin/dotring-ctl", "usr/share/man/man1/dotring.1"} <= texts
    assert {"deploy/monitoring/alerts.yml", "deploy/kubernetes/base/deployment.yaml", "deploy/seccomp.json"} <= texts
    assert not any("secrets" in name.parts for name in names)
