"""What has been worked out lately, bounded in number and weight: the least lately used goes first.

A key holds everything the answer depends on (rate card digest, forecast, location, slot), so a new
card or a new forecast is a new key and nothing stale can be found. One process, one memory.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LruCache(Generic[Value]):
    """At most `most` values by key, which together weigh at most `heaviest`."""

    def __init__(
        self,
        max_items: int,
        max_weight: int | None = None,
        weight: Callable[[Value], int] = lambda _: 1,
    ) -> None:
        self._most = max_items
        self._heaviest = max_items if max_weight is None else max_weight
        self._weight = weight
        self._weighs = 0
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Value | None:
        """The value; None when it has been removed."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> Value:
        """Remember the value and give it back."""
        with self._lock:
            self._drop(self._values.pop(key, None))
            self._values[key] = value
            self._weighs += self._weight(value)
            while len(self._values) > self._most or self._weighs > self._heaviest:
                self._drop(self._values.popitem(last=False)[1])
        return value

    def _drop(self, value: Value | None) -> None:
        if value is not None:
            self._weighs -= self._weight(value)
