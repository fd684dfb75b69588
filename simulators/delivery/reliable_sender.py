"""Brings made-up reports to the cloud and keeps each until an acknowledgement covers it.

The same promise as a camera's outbox, held in memory: a bounded number on the way, sent again
after a silence or a new connection.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from wire.audience import AudienceReport
from wire.envelope import (
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    AckEvent,
    audience_event,
    seal,
    seal_batch,
)
from wire.scalars import JournalId
from wire.topics import Address

IN_FLIGHT: Final = 400  # reports
RESEND_AFTER_S: Final = 5.0
PATIENCE_S: Final = 60.0


class DeliveryError(RuntimeError):
    """The cloud stays silent."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Reports of one journal that travel as one message."""

    address: Address
    journal: JournalId
    through: int
    reports: int
    ended_at: datetime
    payload: bytes


def parcels(reports: Iterable[AudienceReport]) -> Iterator[Parcel]:
    """Pack reports in their order; a parcel holds one journal and fits the contract."""
    waiting: list[bytes] = []
    size, last = 2, None
    for report in reports:
        sealed = seal(audience_event(report))
        full = len(waiting) == MAX_BATCH or size + len(sealed) + 1 > MAX_PAYLOAD_BYTES
        if last is not None and (full or report.journal != last.journal):
            yield _parcel(last, waiting)
            waiting, size = [], 2
        waiting.append(sealed)
        size, last = size + len(sealed) + 1, report
    if last is not None:
        yield _parcel(last, waiting)


def _parcel(last: AudienceReport, sealed: list[bytes]) -> Parcel:
    return Parcel(
        address=Address(last.location, last.device),
        journal=last.journal,
        through=last.sequence.last,
        reports=len(sealed),
        ended_at=last.ends_at,
        payload=seal_batch(sealed),
    )


class Carrier(Protocol):
    """What a delivery needs of the post."""

    def listen(self, address: Address) -> None: ...
    def send(self, address: Address, payload: bytes) -> None: ...
    def acknowledged(self, *, wait_s: float) -> Iterator[AckEvent]: ...
    def renewed(self) -> bool: ...


class Delivery:
    """Every parcel on its way until it is acknowledged."""

    def __init__(
        self,
        post: Carrier,
        *,
        resend_after_s: float = RESEND_AFTER_S,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._clock = clock
        self._resend_after_s = resend_after_s
        self._patience_s = patience_s
        self._under_way: dict[JournalId, deque[Parcel]] = {}
        self._sent_at_s: dict[JournalId, float] = {}
        self._moved_s = clock()
        self.on_the_way = 0
        self.settled = 0

    def deliver(self, load: Iterable[Parcel | None], told: Callable[[int], None]) -> int:
        """Deliver everything; the number of reports settled. `told` hears that number growing.

        A None in the load means that nothing is ready at the moment.
        """
        coming = iter(load)
        self._moved_s = self._clock()
        while self._fill(coming) or self.on_the_way:
            self._hear()
            told(self.settled)
            self._send_again()
        return self.settled

    def _fill(self, coming: Iterator[Parcel | None]) -> bool:
        """Send while there is room; False when the load is at its end."""
        while self.on_the_way < IN_FLIGHT:
            try:
                parcel = next(coming)
            except StopIteration:
                return False
            if parcel is None:
                return True
            if not self.on_the_way:
                self._moved_s = self._clock()
            self._post.listen(parcel.address)
            self._under_way.setdefault(parcel.journal, deque()).append(parcel)
            self._sent_at_s[parcel.journal] = self._clock()
            self.on_the_way += parcel.reports
            self._post.send(parcel.address, parcel.payload)
        return True

    def _hear(self) -> None:
        for event in self._post.acknowledged(wait_s=0.1):
            self._settle(event.data.journal, event.data.through)

    def _settle(self, journal: JournalId, through: int) -> None:
        waiting = self._under_way.get(journal, deque())
        while waiting and waiting[0].through <= through:
            parcel = waiting.popleft()
            self.on_the_way -= parcel.reports
            self.settled += parcel.reports
            self._moved_s = self._clock()
        if not waiting:
            self._under_way.pop(journal, None)

    def _send_again(self) -> None:
        now_s = self._clock()
        if self.on_the_way and now_s - self._moved_s > self._patience_s:
            where = next(iter(self._under_way.values()))[0].address
            raise DeliveryError(
                f"no acknowledgement for {self._patience_s:.0f} s: "
                f"{self.settled} reports are acknowledged, "
                f"{self.on_the_way} are not. Is `python -m cloud stream` running on this "
                f"broker, and does its sites file list {where.device} at {where.location}?"
            )
        anew = self._post.renewed()
        for journal, waiting in self._under_way.items():
            if anew or now_s - self._sent_at_s[journal] > self._resend_after_s:
                self._sent_at_s[journal] = now_s
                for parcel in waiting:
                    self._post.send(parcel.address, parcel.payload)
