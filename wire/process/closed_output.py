"""A reader that closes standard output, such as `head`, ends a program without a traceback."""

import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Final

CLOSED_OUTPUT: Final = 128 + signal.SIGPIPE
"""The status that a shell reports for a program that SIGPIPE ended."""


def run_while_output_is_open(run: Callable[[], int]) -> int:
    """The status of `run`, or 141 when the reader of standard output closed it.

    Raises:
        BrokenPipeError: another connection was closed.
    """
    try:
        status = run()
        sys.stdout.flush()
    except BrokenPipeError:
        if not _discard_closed_output():
            raise
        return CLOSED_OUTPUT
    return status


def _discard_closed_output() -> bool:
    """Whether standard output is closed; what its buffer still holds is then written to nothing."""
    output = sys.stdout.fileno()
    state = select.poll()
    state.register(output, 0)
    if not any(events & (select.POLLERR | select.POLLHUP) for _, events in state.poll(0)):
        return False
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, output)
    os.close(null)
    return True
