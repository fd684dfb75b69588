"""Send reports and keep each until an acknowledgement covers it.

The same guarantee as the agent's outbox, in memory: a limited number of reports in flight, resent
after a timeout or a reconnection.
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
    """The cloud acknowledges nothing within the time limit."""


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """Reports of one stream in one message."""

    address: DeviceAddress
    journal: JournalId
    through: int
    reports: int
    ended_at: datetime
    payload: bytes


def pack_batches(reports: Iterable[AudienceReport]) -> Iterator[ReportBatch]:
    """Pack reports in order; a batch holds one stream and respects the size limits."""
    waiting: list[bytes] = []
    size, last = 2, None
    for report in reports:
        encoded = encode_event(audience_event(report))
        full = len(waiting) == MAX_BATCH or size + len(encoded) + 1 > MAX_PAYLOAD_BYTES
        if last is not None and (full or report.journal != last.journal):
            yield _pack(last, waiting)
            waiting, size = [], 2
        waiting.append(encoded)
        size, last = size + len(encoded) + 1, report
    if last is not None:
        yield _pack(last, waiting)


def _pack(last: AudienceReport, events: list[bytes]) -> ReportBatch:
    return ReportBatch(
        address=DeviceAddress(last.location, last.device),
        journal=last.journal,
        through=last.sequence.last,
        reports=len(events),
        ended_at=last.ends_at,
        payload=join_events(events),
    )


class ReportConnection(Protocol):
    """What the sender requires of a connection."""

    def subscribe(self, address: DeviceAddress) -> None: ...
    def send(self, address: DeviceAddress, payload: bytes) -> None: ...
    def read_acknowledgements(self, *, wait_s: float) -> Iterator[AckEvent]: ...
    def has_reconnected(self) -> bool: ...


class ReliableSender:
    """Sends batches and keeps each until it is acknowledged."""

    def __init__(
        self,
        connection: ReportConnection,
        *,
        resend_after_s: float = RESEND_AFTER_S,
        patience_s: float = ACKNOWLEDGED_WITHIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
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
        """Send everything; the number of acknowledged reports. `on_progress` receives that number.

        A None in `load` means that nothing is due at the moment.
        """
        batches = iter(load)
        self._moved_s = self._clock()
        while self._fill(batches) or self.in_flight:
            self._read_acknowledgements()
            on_progress(self.acknowledged_count)
            self._resend()
        return self.acknowledged_count

    def _fill(self, batches: Iterator[ReportBatch | None]) -> bool:
        """Send up to the limit in flight; False when `load` is exhausted."""
        while self.in_flight < MAX_IN_FLIGHT:
            try:
                batch = next(batches)
            except StopIteration:
                return False
            if batch is None:
                return True
            if not self.in_flight:
                self._moved_s = self._clock()
            self._connection.subscribe(batch.address)
            self._pending.setdefault(batch.journal, deque()).append(batch)
            self._sent_at_s[batch.journal] = self._clock()
            self.in_flight += batch.reports
            self._connection.send(batch.address, batch.payload)
        return True

    def _read_acknowledgements(self) -> None:
        for event in self._connection.read_acknowledgements(wait_s=0.1):
            self._acknowledge(event.data.journal, event.data.through)

    def _acknowledge(self, journal: JournalId, through: int) -> None:
        waiting = self._pending.get(journal, deque())
        while waiting and waiting[0].through <= through:
            batch = waiting.popleft()
            self.in_flight -= batch.reports
            self.acknowledged_count += batch.reports
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
        has_reconnected = self._connection.has_reconnected()
        for journal, waiting in self._pending.items():
            if has_reconnected or now_s - self._sent_at_s[journal] > self._resend_after_s:
                self._sent_at_s[journal] = now_s
                for batch in waiting:
                    self._connection.send(batch.address, batch.payload)
