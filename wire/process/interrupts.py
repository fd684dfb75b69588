"""Ctrl-C at any moment ends a program with status 130 and without a traceback.

Loading the libraries takes a second or more; a KeyboardInterrupt raised inside them prints a
traceback or is lost. No work has started by then, so the process may exit at once. This module
imports little, so that a program is protected from its first line on.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

INTERRUPTED = 130


@contextmanager
def exit_on_interrupt() -> Iterator[None]:
    """Within the context, Ctrl-C ends the process at once. Only for code that may stop anywhere."""
    try:
        before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    except ValueError:  # only the main thread may set it; tests call from others
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run_interruptible(run: Callable[[], int]) -> int:
    """The status of `run`, or 130 when Ctrl-C ended it.

    Python prints a KeyboardInterrupt raised in a finalizer or a callback and continues. Here it
    ends the process.
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
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the exit
        return INTERRUPTED
    finally:
        sys.unraisablehook = before


def exit_program(run: Callable[[], int]) -> NoReturn:
    """End the process with the status of `run`.

    Its work has ended by then: Ctrl-C while Python waits for the last threads is ignored, since it
    would only print a traceback.
    """
    try:
        status = run()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)
