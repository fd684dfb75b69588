"""Work that a program repeats until SIGTERM or Ctrl-C, each in a thread of its own."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
LONGEST_END_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class RepeatedWork:
    """What is done, and how long after it ended it is done again."""

    every_s: float
    act: Callable[[], object]


def repeat_until_stopped(
    engine: Engine,
    works: Sequence[RepeatedWork],
    failed: str,
    *,
    at_end: Callable[[], object] = lambda: None,
    longest_end_s: float = LONGEST_END_S,
) -> None:
    """Repeat the works until a signal; then `at_end`, where all of them have ended in time."""
    stopping = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopping.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    threads = [_start(stopping, work, failed) for work in works]
    stopping.wait()
    ends_s = time.monotonic() + longest_end_s
    for thread in threads:
        thread.join(max(0.0, ends_s - time.monotonic()))
    if not any(thread.is_alive() for thread in threads):
        attempt(at_end, failed)
        engine.dispose()
    for number, handler in before.items():
        signal.signal(number, handler)


def attempt(act: Callable[[], object], failed: str) -> bool:
    """Whether it worked; what went wrong is logged, and the next round tries again."""
    try:
        act()
    except DBAPIError as error:
        log.warning("database.unavailable", extra={"reason": type(error.orig).__name__})
    except Exception:
        log.exception(failed)
    else:
        return True
    return False


def _start(stopping: threading.Event, work: RepeatedWork, failed: str) -> threading.Thread:
    def repeat() -> None:
        while True:
            attempt(work.act, failed)
            if stopping.wait(work.every_s):
                return

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    return thread
