"""Turns events of Mosquitto's log into audit events, and decides which sessions end.

Each client has a bucket of messages that refills at a steady rate. A client that empties its bucket
is disconnected, and a new connection does not refill it. With the auth plugin, Mosquitto enforces
the same limit and nothing is counted here. An audit event is written at once; its repeats are
written once a minute with their number, so a flood of attempts is no flood of lines.

A certificate that connects while it is connected takes over its own session. Once, that is a camera
whose connection broke; repeatedly, it is a copied key. Both are recorded.
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

    With `ends_session` the client is disconnected; with 0 times no line is written.
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
    is_over: bool = False  # its session is being ended: further lines of it are ignored


@dataclass(slots=True)
class _OpenEvent:
    since: datetime
    last: AuditEvent
    unwritten: int = 0


class LogMonitor:
    """Tracks each client's message rate and the open audit events."""

    def __init__(self, limits: Limits, *, counts_messages: bool = True) -> None:
        self._limits = limits
        self._counts_messages = counts_messages
        self._buckets: dict[str, _TokenBucket] = {}
        self._open_events: dict[tuple[str, str], _OpenEvent] = {}
        self._expected_ends: dict[str, datetime] = {}
        self.locations: Mapping[str, LocationId] = {}

    def expect_session_end(self, client: str, at: datetime) -> None:
        """Record that the supervisor is about to end a client's session."""
        self._expected_ends = {
            name: since
            for name, since in self._expected_ends.items()
            if at - since < SESSION_END_GRACE
        }
        self._expected_ends[client] = at

    def read(self, lines: Iterable[str], at: datetime) -> Iterator[AuditEvent]:
        """Yield the audit events of some lines of the log."""
        for line in lines:
            log_event = parse_line(line)
            if log_event is not None:
                yield from self._process(log_event, at)

    def repeats(self, at: datetime) -> Iterator[AuditEvent]:
        """Yield the repeats of the last minute, and delete what has expired."""
        for key, open_event in list(self._open_events.items()):
            if at - open_event.since < REPEAT_INTERVAL:
                continue
            if open_event.unwritten:
                yield _summarize_repeats(open_event, at)
                open_event.since, open_event.unwritten = at, 0
            else:
                del self._open_events[key]
        self._drop_full_buckets(at)

    def remaining(self, at: datetime) -> Iterator[AuditEvent]:
        """Yield all repeats that are not written yet, when the broker ends."""
        for open_event in self._open_events.values():
            if open_event.unwritten:
                yield _summarize_repeats(open_event, at)
        self._open_events.clear()

    def _process(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        match log_event.kind:
            case LogEventKind.CONNECTED:
                self._reopen(log_event)
            case LogEventKind.PUBLISHED:
                yield from self._count(log_event, at)
            case LogEventKind.DENIED:
                yield from self._count(log_event, at)
                yield from self._refused(log_event, at)
            case LogEventKind.TAKEN_OVER:
                yield from self._take_over(log_event, at)
            case LogEventKind.SUBSCRIBED:
                yield from self._check_subscription(log_event, at)
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
        written = list(self._record("publish.flood", flood, at))
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

    def _check_subscription(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        client = str(log_event.client)
        location = self.locations.get(client, "")
        if not may_subscribe(rules_for(client), log_event.detail, location=location, device=client):
            yield from self._record("subscribe.beyond", log_event, at)

    def _take_over(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        expected_at = self._expected_ends.get(str(log_event.client))
        if expected_at is None or at - expected_at >= SESSION_END_GRACE:
            yield from self._refused(log_event, at)

    def _refused(self, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        yield from self._record(EVENT_NAMES[log_event.kind], log_event, at)

    def _record(self, event: str, log_event: LogEvent, at: datetime) -> Iterator[AuditEvent]:
        key = (event, log_event.client or log_event.detail)
        audit_event = AuditEvent(at, event, log_event.client, log_event.detail)
        open_event = self._open_events.get(key)
        if open_event is None:
            yield from self._evict_oldest(at)
            self._open_events[key] = _OpenEvent(at, audit_event)
            yield audit_event
            return
        open_event.last, open_event.unwritten = audit_event, open_event.unwritten + 1
        if at - open_event.since >= REPEAT_INTERVAL:
            yield _summarize_repeats(open_event, at)
            open_event.since, open_event.unwritten = at, 0

    def _evict_oldest(self, at: datetime) -> Iterator[AuditEvent]:
        """Delete the oldest event, with its repeats written, when there are too many."""
        if len(self._open_events) < MAX_OPEN_EVENTS:
            return
        oldest = self._open_events.pop(next(iter(self._open_events)))
        if oldest.unwritten:
            yield _summarize_repeats(oldest, at)


def _summarize_repeats(open_event: _OpenEvent, at: datetime) -> AuditEvent:
    return replace(open_event.last, at=at, times=open_event.unwritten)
