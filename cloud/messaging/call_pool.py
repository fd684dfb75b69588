"""Calls in a bounded number of threads, one at a time for each recipient.

A call that passes its deadline (a name lookup cannot be cancelled) is abandoned and counts as
failed, so that no recipient delays the others or the exit of the program.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from cloud.messaging.failures import DeliveryFailure

WORKERS: Final = 8
LEFT_BEHIND: Final = 4  # threads for each worker, when calls do not end
GRACE_S: Final = 2.0

Claim = TypeVar("Claim")
CallResult = tuple[Claim, DeliveryFailure | None]


@dataclass(slots=True)
class _Call(Generic[Claim]):
    claim: Claim
    ends_s: float
    is_over: bool = False  # its result was taken; the thread may still run


@dataclass(slots=True)
class CallPool(Generic[Claim]):
    """Calls that run now; the caller's thread starts them and takes their results."""

    call_s: float
    clock: Callable[[], float] = time.monotonic
    workers: int = WORKERS
    _calls: dict[str, _Call[Claim]] = field(default_factory=dict)
    _results: "queue.SimpleQueue[tuple[str, DeliveryFailure | None]]" = field(
        default_factory=queue.SimpleQueue
    )

    @property
    def is_idle(self) -> bool:
        """Whether every result was taken."""
        return all(call.is_over for call in self._calls.values())

    @property
    def has_free_worker(self) -> bool:
        """Whether another call may start."""
        at_work = sum(not call.is_over for call in self._calls.values())
        return at_work < self.workers and len(self._calls) < self.workers * LEFT_BEHIND

    @property
    def recipients(self) -> frozenset[str]:
        """Recipients with a call whose thread has not ended."""
        return frozenset(self._calls)

    def start(
        self, recipient: str, claim: Claim, call: Callable[[], DeliveryFailure | None]
    ) -> None:
        """Run a call in a thread of its own."""
        self._calls[recipient] = _Call(claim, self.clock() + self.call_s + GRACE_S)

        def run() -> None:
            self._results.put((recipient, call()))

        threading.Thread(target=run, name=f"notification-{recipient}", daemon=True).start()

    def take_results(self) -> Iterator[CallResult[Claim]]:
        """Each claim whose call has ended or is overdue, once, with its failure."""
        while True:
            try:
                recipient, failure = self._results.get_nowait()
            except queue.Empty:
                break
            call = self._calls.pop(recipient)
            if not call.is_over:
                yield call.claim, failure
        for call in list(self._calls.values()):
            if not call.is_over and self.clock() >= call.ends_s:
                call.is_over = True
                yield call.claim, DeliveryFailure("no answer in time", is_outcome_known=False)
