"""A program whose output is closed ends with a status and no traceback; other errors are raised."""

import subprocess
import sys

import pytest

from wire.process.closed_output import CLOSED_OUTPUT, run_while_output_is_open

PROGRAM = """
import sys
from wire.process.closed_output import run_while_output_is_open
raise SystemExit(run_while_output_is_open(lambda: sys.stdout.write("x" * {size}) and 0))
"""


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_closed_output_ends_the_program_without_a_traceback(size):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(size=size)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == CLOSED_OUTPUT


def test_another_closed_connection_is_an_error(capfd):
    def lose_connection() -> int:
        raise BrokenPipeError("of a socket")

    with pytest.raises(BrokenPipeError, match="of a socket"):
        run_while_output_is_open(lose_connection)


def test_the_status_is_that_of_the_program():
    assert run_while_output_is_open(lambda: 3) == 3
