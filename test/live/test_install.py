"""What is installed, and whether the manual pages are the programs'."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from harness.dotring import program

PROGRAMS = ("dotring", "dotring-responder", "dotring-flood", "dotring-replay", "dotring-ctl")
OPTION = re.compile(r"(?<![\w.-])--?[a-zA-Z][\w-]*")


def output_of(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The root of an installation with the prefix /usr, staged as packagers do."""
    root = tmp_path_factory.mktemp("root")
    build = pathlib.Path(program("dotring")).parent.parent
    output_of("cmake", "--install", build, "--prefix", "/usr", env=dict(os.environ, DESTDIR=str(root)))
    return root


def test_programs_and_manual_pages_are_installed_and_nothing_else(installed):
    wanted = {f"usr/bin/{name}" for name in PROGRAMS} | {f"usr/share/man/man1/{name}.1" for name in PROGRAMS}
    assert {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()} == wanted
    for name in PROGRAMS:
        assert output_of(installed / "usr/bin" / name, "--version").startswith(name + " ")


def options_of_help(name):
    """Of lines like "  -c,--clients UINT=1 ..."; those with a dot are keys, for which dotring has a reference."""
    words = re.findall(r"^  (-[^ {=]+)", output_of(program(name), "--help"), re.MULTILINE)
    options = {option for word in words if "." not in word for option in OPTION.findall(word)}
    return options - {"-h", "--help", "--version"}


def options_of_page(path):
    return set(OPTION.findall(re.sub(r"\\f.", " ", path.read_text().replace("\\-", "-"))))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_option_is_in_the_manual_page(installed, name):
    page = installed / f"usr/share/man/man1/{name}.1"
    options = options_of_help(name)
    assert len(options) > 3 and options - options_of_page(page) == set()


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_manual_page_is_well_formed(installed, name):
    page = installed / f"usr/share/man/man1/{name}.1"
    assert output_of("groff", "-man", "-Tutf8", "-ww", "-z", page) == ""
