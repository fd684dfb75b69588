"""What the supervisor makes of Mosquitto's log: what goes into the audit, whose session ends.

A client has a bucket of messages that fills at a steady rate; who empties it is disconnected, and
a new connection does not refill it. Where the guard is loaded it enforces the same limit inside
Mosquitto, and nothing is counted here. The same complaint about the same client is written at once
and then once a minute with the number of repeats, so that a flood of attempts is no flood of lines
and no repeat is lost.

A certificate that connects while it is connected takes its own session over. Once is a camera whose
line broke before the broker noticed; again and again is a copied key: both are written down.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from provisioning.access_rules import may_subscribe, rules_for
from provisioning.authority.profiles import SERVICE_PREFIX
from provisioning.broker.log_parser import LogEvent, LogEventKind, parse_line
from provisioning.broker.settings import Limits
from wire.scalars import LocationId

REPEAT_INTERVAL: Final = timedelta(minutes=1)
SESSION_END_GRACE: Final = timedelta(seconds=5)  # a session that we end is taken over by ourselves
MAX_OPEN_EVENTS: Final = 10_000

EVENT_NAMES: Final = {
    LogEventKind.DENIED: "publish.denied",
    LogEventKind.TOO_LARGE: "publish.too_large",
    LogEventKind.REFUSED: "connect.refused",
    LogEventKind.WRONG_ID: "connect.wrong_id",
    LogEventKind.TAKEN_OVER: "session.taken_over",
    LogEventKind.FLOODED: "publish.flood",
    LogEventKind.CONNECT_FLOODED: "connect.flood",
}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit, for `times` events since the last one of its kind.

    `ends_session` asks for the client to be disconnected; 0 times asks for no line.
    """

    at: datetime
    event: str
    client: str | None
    detail: str
    times: int = 1
    ends_session: bool = False


@dataclass(slots=True)
class _TokenBucket:
    left: float
    at: datetime
    is_over: bool = False  # its session is being ended: what the log still says of it is no news


@dataclass(slots=True)
class _OpenEvent:
    since: datetime
    last: AuditEvent
    unwritten: int = 0


class LogMonitor:
    """Remembers how much each client has said, and what has been complained about."""

    def __init__(self, limits: Limits, *, counts_messages: bool = True) -> None:
        self._limits = limits
        self._counts_messages = counts_messages
        self._buckets: dict[str, _TokenBucket] = {}
        self._complaints: dict[tuple[str, str], _OpenEvent] = {}
        self._shown_out: dict[str, datetime] = {}
        self.locations: Mapping[str, LocationId] = {}

    def show_out(self, client: str, at: datetime) -> None:
        """Know that a client's session is about to be ended from this side."""
        self._shown_out = {
            name: since for name, since in self._shown_out.items() if at - since < SESSION_END_GRACE
        }
        self._shown_out[client] = at

    def read(self, lines: Iterable[str], at: datetime) -> Iterator[AuditEvent]:
        """Yield what must be written or done about some lines of the log."""
        for line in lines:
            log_event = parse_line(line)
            if log_event is not None:
                yield from self._judge(log_event, at)

    def repeats(self, at: datetime) -> Iterator[AuditEvent]:
        """Yield the repeats that have waited for a minute, and forget what is over."""
        for key, complaint in list(self._complaints.items()):
            if at - complaint.since < REPEAT_INTERVAL:
                continue
            if complaint.unwritten:
                yield _summarize_repeats(complaint, at)
                complaint.since, complaint.unwritten = at, 0
            else:
                del self._complaints[key]
        self._drop_full_buckets(at)

    def remaining(self, at: datetime) -> Iterator[AuditEvent]:
        """Yield all repeats that are not written yet: the broker ends."""
        for complaint in self._complaints.values():
            if complaint.unwritten:
                yield _summarize_repeats(complaint, at)
        self._complaints.clear()

    def _judge(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        match log_event.kind:
            case LogEventKind.CONNECTED:
                self._reopen(log_event)
            case LogEventKind.SAID:
                yield from self._count(log_event, at)
            case LogEventKind.DENIED:
                yield from self._count(log_event, at)
                yield from self._refused(log_event, at)
            case LogEventKind.TAKEN_OVER:
                yield from self._take_over(log_event, at)
            case LogEventKind.ASKED_TO_HEAR:
                yield from self._overhear(log_event, at)
            case _:
                yield from self._refused(log_event, at)

    def _reopen(self, log_event: LogEvent) -> None:
        bucket = self._buckets.get(str(log_event.client))
        if bucket is not None:
            bucket.is_over = False

    def _count(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        client = str(log_event.client)
        if not self._counts_messages or client.startswith(SERVICE_PREFIX):
            return
        bucket = self._buckets.setdefault(client, _TokenBucket(self._limits.burst_messages, at))
        if bucket.is_over:
            return
        bucket.left, bucket.at = self._refilled(bucket, at) - 1, at
        if bucket.left >= 0:
            return
        bucket.is_over, bucket.left = True, 0
        detail = f"more than {self._limits.messages_per_s} messages a second"
        flood = LogEvent(LogEventKind.FLOODED, client, detail)
        written = list(self._complain("publish.flood", flood, at))
        silent = AuditEvent(at, "publish.flood", client, detail, times=0)
        yield replace(written[0] if written else silent, ends_session=True)

    def _refilled(self, bucket: _TokenBucket, at: datetime) -> float:
        refill = (at - bucket.at).total_seconds() * self._limits.messages_per_s
        return min(bucket.left + refill, self._limits.burst_messages)

    def _drop_full_buckets(self, at: datetime) -> None:
        full = self._limits.burst_messages
        self._buckets = {
            client: bucket
            for client, bucket in self._buckets.items()
            if bucket.is_over or self._refilled(bucket, at) < full
        }

    def _overhear(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        client = str(log_event.client)
        location = self.locations.get(client, "")
        if not may_subscribe(rules_for(client), log_event.detail, location=location, device=client):
            yield from self._complain("subscribe.beyond", log_event, at)

    def _take_over(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        shown_out_at = self._shown_out.get(str(log_event.client))
        if shown_out_at is None or at - shown_out_at >= SESSION_END_GRACE:
            yield from self._refused(log_event, at)

    def _refused(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        yield from self._complain(EVENT_NAMES[log_event.kind], log_event, at)

    def _complain(self, event: str, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        key = (event, log_event.client or log_event.detail)
        audit_event = AuditEvent(at, event, log_event.client, log_event.detail)
        complaint = self._complaints.get(key)
        if complaint is None:
            yield from self._make_room(at)
            self._complaints[key] = _OpenEvent(at, audit_event)
            yield audit_event
            return
        complaint.last, complaint.unwritten = audit_event, complaint.unwritten + 1
        if at - complaint.since >= REPEAT_INTERVAL:
            yield _summarize_repeats(complaint, at)
            complaint.since, complaint.unwritten = at, 0

    def _make_room(self, at: datetime) -> Iterator[AuditEvent]:
        """The oldest complaint goes, its repeats into the audit, when there are too many."""
        if len(self._complaints) < MAX_OPEN_EVENTS:
            return
        oldest = self._complaints.pop(next(iter(self._complaints)))
        if oldest.unwritten:
            yield _summarize_repeats(oldest, at)


def _summarize_repeats(complaint: _OpenEvent, at: datetime) -> AuditEvent:
    return replace(complaint.last, at=at, times=complaint.unwritten)
