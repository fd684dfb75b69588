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
    encode_event,
    join_events,
)
from wire.scalars import JournalId
from wire.topics import DeviceAddress

MAX_IN_FLIGHT: Final = 400  # reports
RESEND_AFTER_S: Final = 5.0
ACKNOWLEDGED_WITHIN_S: Final = 60.0


class NotAcknowledgedError(RuntimeError):
    """The cloud stays silent."""


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """Reports of one journal that travel as one message."""

    address: DeviceAddress
    journal: JournalId
    through: int
    reports: int
    ended_at: datetime
    payload: bytes


def pack_batches(reports: Iterable[AudienceReport]) -> Iterator[ReportBatch]:
    """Pack reports in their order; a parcel holds one journal and fits the contract."""
    waiting: list[bytes] = []
    size, last = 2, None
    for report in reports:
        sealed = encode_event(audience_event(report))
        full = len(waiting) == MAX_BATCH or size + len(sealed) + 1 > MAX_PAYLOAD_BYTES
        if last is not None and (full or report.journal != last.journal):
            yield _pack(last, waiting)
            waiting, size = [], 2
        waiting.append(sealed)
        size, last = size + len(sealed) + 1, report
    if last is not None:
        yield _pack(last, waiting)


def _pack(last: AudienceReport, sealed: list[bytes]) -> ReportBatch:
    return ReportBatch(
        address=DeviceAddress(last.location, last.device),
        journal=last.journal,
        through=last.sequence.last,
        reports=len(sealed),
        ended_at=last.ends_at,
        payload=join_events(sealed),
    )


class ReportConnection(Protocol):
    """What a delivery needs of the post."""

    def subscribe(self, address: DeviceAddress) -> None: ...
    def send(self, address: DeviceAddress, payload: bytes) -> None: ...
    def read_acknowledgements(self, *, wait_s: float) -> Iterator[AckEvent]: ...
    def has_reconnected(self) -> bool: ...


class ReliableSender:
    """Every parcel on its way until it is acknowledged."""

    def __init__(
        self,
        connection: ReportConnection,
        *,
        resend_after_s: float = RESEND_AFTER_S,
        patience_s: float = ACKNOWLEDGED_WITHIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = connection
        self._clock = clock
        self._resend_after_s = resend_after_s
        self._patience_s = patience_s
        self._pending: dict[JournalId, deque[ReportBatch]] = {}
        self._sent_at_s: dict[JournalId, float] = {}
        self._moved_s = clock()
        self.in_flight = 0
        self.acknowledged_count = 0

    def send_all(
        self, load: Iterable[ReportBatch | None], on_progress: Callable[[int], None]
    ) -> int:
        """Deliver everything; the number of reports settled. `told` hears that number growing.

        A None in the load means that nothing is ready at the moment.
        """
        coming = iter(load)
        self._moved_s = self._clock()
        while self._fill(coming) or self.in_flight:
            self._read_acknowledgements()
            on_progress(self.acknowledged_count)
            self._resend()
        return self.acknowledged_count

    def _fill(self, coming: Iterator[ReportBatch | None]) -> bool:
        """Send while there is room; False when the load is at its end."""
        while self.in_flight < MAX_IN_FLIGHT:
            try:
                parcel = next(coming)
            except StopIteration:
                return False
            if parcel is None:
                return True
            if not self.in_flight:
                self._moved_s = self._clock()
            self._post.subscribe(parcel.address)
            self._pending.setdefault(parcel.journal, deque()).append(parcel)
            self._sent_at_s[parcel.journal] = self._clock()
            self.in_flight += parcel.reports
            self._post.send(parcel.address, parcel.payload)
        return True

    def _read_acknowledgements(self) -> None:
        for event in self._post.read_acknowledgements(wait_s=0.1):
            self._acknowledge(event.data.journal, event.data.through)

    def _acknowledge(self, journal: JournalId, through: int) -> None:
        waiting = self._pending.get(journal, deque())
        while waiting and waiting[0].through <= through:
            parcel = waiting.popleft()
            self.in_flight -= parcel.reports
            self.acknowledged_count += parcel.reports
            self._moved_s = self._clock()
        if not waiting:
            self._pending.pop(journal, None)

    def _resend(self) -> None:
        now_s = self._clock()
        if self.in_flight and now_s - self._moved_s > self._patience_s:
            where = next(iter(self._pending.values()))[0].address
            raise NotAcknowledgedError(
                f"no acknowledgement for {self._patience_s:.0f} s: "
                f"{self.acknowledged_count} reports are acknowledged, "
                f"{self.in_flight} are not. Is `python -m cloud stream` running on this "
                f"broker, and does its sites file list {where.device} at {where.location}?"
            )
        anew = self._post.has_reconnected()
        for journal, waiting in self._pending.items():
            if anew or now_s - self._sent_at_s[journal] > self._resend_after_s:
                self._sent_at_s[journal] = now_s
                for parcel in waiting:
                    self._post.send(parcel.address, parcel.payload)
