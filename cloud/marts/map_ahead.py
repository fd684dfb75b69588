"""Apply a function to items one after the other, one item ahead of the caller."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The result for each item, in order; the next is computed while the caller uses one.

    The function runs in a single thread of its own, never twice at a time. An exception is raised
    where the result is due; at most one item after it is computed. When the caller takes no more,
    the call that runs is waited for.
    """
    with ThreadPoolExecutor(1, "ahead") as pool:
        due: Future[Result] | None = None
        for item in items:
            following = pool.submit(function, item)
            if due is not None:
                yield due.result()
            due = following
        if due is not None:
            yield due.result()
