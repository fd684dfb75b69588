"""Programs of the program server start, end and die as those of new interpreters do."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.program_server import ProgramServer

PROGRAM = """
import atexit, os, sys, threading, time

def say(text):
    sys.stdout.write(text + "\\n")

def end(word):
    match word:
        case "status":
            sys.exit(3)
        case "sentence":
            sys.exit("what is wrong")
        case "fault":
            raise LookupError("nothing here")
        case "wait":
            time.sleep(60)
        case "work":
            atexit.register(say, "registered")
            threading.Thread(target=lambda: (time.sleep(0.01), say("thread"))).start()

if __name__ == "__main__":
    print(*sys.argv[1:], os.environ.get("GIVEN"), os.getcwd(), sys.stdin.read(), flush=True)
    end(sys.argv[1])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("programs")
    (folder / "example_program").mkdir()
    (folder / "example_program" / "__init__.py").touch()
    (folder / "example_program" / "__main__.py").write_text(PROGRAM)
    return folder


@pytest.fixture(scope="module", params=["forked", "new interpreter"])
def _starts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start them by the server of this process of tests, or by one of our own; and without one."""
    own: list[ProgramServer] = []
    if request.param == "forked" and not programs.SERVERS:
        own.append(ProgramServer())
    with pytest.MonkeyPatch.context() as patch:
        forks = request.param == "forked"
        patch.setattr(programs, "SERVERS", (programs.SERVERS or own) if forks else [])
        yield
    for server in own:
        server.stop()


def start(folder: Path, word: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "GIVEN": "value", "PYTHONPATH": str(folder)}
    return programs.start_program(
        ["example_program", word], cwd=folder, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.usefixtures("_starts")
@pytest.mark.parametrize(
    ("word", "status", "errors"),
    [
        ("status", 3, ""),
        ("sentence", 1, "what is wrong"),
        ("fault", 1, "LookupError: nothing here"),
        ("work", 0, ""),
    ],
)
def test_a_program_has_its_words_environment_folder_and_streams(
    folder: Path, word: str, status: int, errors: str
) -> None:
    with start(folder, word) as program:
        output, complaints = program.communicate("typed", timeout=60)
    first, *more = output.splitlines()
    assert first == f"{word} value {folder} typed"
    assert more == (["thread", "registered"] if word == "work" else [])
    assert program.returncode == status
    assert errors in complaints
    assert bool(errors) == bool(complaints), complaints


@pytest.mark.usefixtures("_starts")
def test_a_program_dies_of_a_signal(folder: Path) -> None:
    with start(folder, "wait") as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.close()
        program.stdout.readline()
        assert program.poll() is None
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=60) == -signal.SIGTERM


@pytest.mark.usefixtures("_starts")
def test_the_output_of_a_program_that_ends_is_captured(folder: Path) -> None:
    done = programs.run_program(
        ["example_program", "status"], cwd=folder, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(folder)}, text=True,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == f"status None {folder} \n"
