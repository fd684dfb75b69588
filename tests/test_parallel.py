"""`--processes N`: every test once, failures and dead processes reported, fixtures ended."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FIXTURES = """
import os, pathlib, pytest

@pytest.fixture(scope="session")
def server(tmp_path_factory):
    yield "server"
    print("ended", os.getpid(), file=open(pathlib.Path(__file__).with_name("ended.txt"), "a"))
"""

MIXED = """
import pytest

@pytest.mark.parametrize("number", range(5))
def test_passes(number, server):
    assert server == "server"

def test_fails(tmp_path):
    print("what it printed")
    assert tmp_path.name == "nothing"

def test_errs(missing_fixture):
    pass
"""

DYING = """
import os, signal

def test_dies():
    os.kill(os.getpid(), signal.SIGKILL)

def test_after_it():
    pass
"""

PASSING = "def test_one():\n    pass\n\n\ndef test_other(server):\n    pass\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(FIXTURES)
    (tmp_path / "test_a_mixed.py").write_text(MIXED)
    (tmp_path / "test_b_dying.py").write_text(DYING)
    for letter in "cdefgh":
        (tmp_path / f"test_{letter}_passing.py").write_text(PASSING)
    return tmp_path


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.parallel", "-p", "no:cacheprovider",
         "--rootdir", folder, "-c", "/dev/null", *options, folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_test_runs_once_and_all_that_goes_wrong_is_reported(folder: Path) -> None:
    ended = run(folder, "--processes", "3")
    assert ended.returncode == 1, ended.stdout
    assert "2 failed, 17 passed, 1 error" in ended.stdout
    assert "what it printed" in ended.stdout
    assert "its process ended with -9" in ended.stdout
    assert "test_after_it" not in ended.stdout
    processes = (folder / "ended.txt").read_text().splitlines()
    assert 1 <= len(set(processes)) == len(processes) <= 3  # a server of each, ended once


def test_the_run_stops_after_the_permitted_number_of_failures(folder: Path) -> None:
    (folder / "test_i_failing.py").write_text("def test_fails():\n    assert False\n")
    ended = run(folder, "--processes", "2", "--maxfail", "1")
    assert ended.returncode == 1
    assert re.search(r"stopping after \d failures", ended.stdout)  # another may fail at that moment
    assert "17 passed" not in ended.stdout  # one process started with the first file, one the last


def test_the_run_fails_if_all_processes_ended_before_all_tests_ran(tmp_path: Path) -> None:
    for letter in "abcdef":
        (tmp_path / f"test_{letter}.py").write_text(DYING)
    ended = run(tmp_path, "--processes", "2")
    assert ended.returncode == 2
    assert "tests did not run, since all processes ended" in ended.stdout + ended.stderr
