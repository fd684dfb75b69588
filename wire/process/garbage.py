"""Garbage collection of a program that runs for days and creates many short-lived objects."""

import gc
from typing import Final

COLLECT_AFTER: Final = 100_000  # allocated objects


def reduce_garbage_collection() -> None:
    """Run the garbage collector rarely, and never over the objects that are present now.

    Call it once all is loaded. A batch of reports or an answer of avails creates tens of thousands
    of objects. To search them for cycles every few hundred allocations takes a seventh of the time
    of the stream, and a search of all that an API server has loaded takes 0.4 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
