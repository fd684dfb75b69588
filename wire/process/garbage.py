"""Garbage collection where much is loaded, or many short-lived objects are created for days."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

COLLECT_AFTER: Final = 100_000  # allocated objects
_LOADED = Event()
"""Set when the modules of this process's first program were left out of garbage collections."""


def reduce_garbage_collection() -> None:
    """Run the garbage collector rarely, and never over the objects that are present now.

    Call it once all is loaded. A batch of reports or an answer of avails creates tens of thousands
    of objects. To search them for cycles every few hundred allocations takes a seventh of the time
    of the stream, and a search of all that an API server has loaded takes 0.4 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Load a program's modules: nearly all that is created stays, so nothing is searched.

    A quarter of the time that `serve` takes to load went into such searches. What was loaded is
    left out of later ones too, once in a process: `gc.get_freeze_count` would walk through all of
    it to say whether that was done.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not _LOADED.is_set():
            gc.freeze()
            _LOADED.set()
        if was_enabled:
            gc.enable()
