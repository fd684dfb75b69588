"""Ctrl-C at any moment ends a program with status 130 and without a traceback.

Loading the libraries takes a second or more; a KeyboardInterrupt raised inside them prints a
traceback or is swallowed. Nothing has begun by then, so the process may end at once. Imports
nothing of ours and little of Python's, so that a program can be protected from its first line on.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130


@contextmanager
def exit_on_interrupt() -> Iterator[None]:
    """Inside, Ctrl-C ends the process at once. Only for what may be broken off anywhere."""
    try:
        before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    except ValueError:  # only the main thread may say so; tests call from others
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run_interruptible(run: Callable[[], int]) -> int:
    """The status of `run`, or 130 when Ctrl-C ended it.

    A KeyboardInterrupt that is raised in a finalizer or a callback reaches nobody: Python prints
    it and goes on. It ends the process here.
    """
    before = sys.unraisablehook

    def report(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            os._exit(INTERRUPTED)
        before(unraisable)

    sys.unraisablehook = report
    try:
        return run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not break the exit
        return INTERRUPTED
    finally:
        sys.unraisablehook = before
