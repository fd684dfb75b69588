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

from provisioning.access import may_hear, rules_of
from provisioning.authority.profiles import SERVICE_PREFIX
from provisioning.broker.settings import Limits
from provisioning.broker.transcript import Fact, Happening, fact
from wire.scalars import LocationId

QUIET: Final = timedelta(minutes=1)
SHOWN_OUT: Final = timedelta(seconds=5)  # a session that we end is taken over by ourselves
MOST_COMPLAINTS: Final = 10_000

EVENT: Final = {
    Happening.DENIED: "publish.denied",
    Happening.TOO_LARGE: "publish.too_large",
    Happening.REFUSED: "connect.refused",
    Happening.WRONG_ID: "connect.wrong_id",
    Happening.TAKEN_OVER: "session.taken_over",
    Happening.FLOODED: "publish.flood",
    Happening.CONNECT_FLOODED: "connect.flood",
}


@dataclass(frozen=True, slots=True)
class Verdict:
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
class _Bucket:
    left: float
    at: datetime
    is_over: bool = False  # its session is being ended: what the log still says of it is no news


@dataclass(slots=True)
class _Complaint:
    since: datetime
    last: Verdict
    unwritten: int = 0


class Watch:
    """Remembers how much each client has said, and what has been complained about."""

    def __init__(self, limits: Limits, *, counts_messages: bool = True) -> None:
        self._limits = limits
        self._counts_messages = counts_messages
        self._buckets: dict[str, _Bucket] = {}
        self._complaints: dict[tuple[str, str], _Complaint] = {}
        self._shown_out: dict[str, datetime] = {}
        self.locations: Mapping[str, LocationId] = {}

    def show_out(self, client: str, at: datetime) -> None:
        """Know that a client's session is about to be ended from this side."""
        self._shown_out = {
            name: since for name, since in self._shown_out.items() if at - since < SHOWN_OUT
        }
        self._shown_out[client] = at

    def read(self, lines: Iterable[str], at: datetime) -> Iterator[Verdict]:
        """Yield what must be written or done about some lines of the log."""
        for line in lines:
            told = fact(line)
            if told is not None:
                yield from self._judge(told, at)

    def repeats(self, at: datetime) -> Iterator[Verdict]:
        """Yield the repeats that have waited for a minute, and forget what is over."""
        for key, complaint in list(self._complaints.items()):
            if at - complaint.since < QUIET:
                continue
            if complaint.unwritten:
                yield _repeated(complaint, at)
                complaint.since, complaint.unwritten = at, 0
            else:
                del self._complaints[key]
        self._drop_full_buckets(at)

    def remaining(self, at: datetime) -> Iterator[Verdict]:
        """Yield all repeats that are not written yet: the broker ends."""
        for complaint in self._complaints.values():
            if complaint.unwritten:
                yield _repeated(complaint, at)
        self._complaints.clear()

    def _judge(self, told: Fact, at: datetime) -> Iterator[Verdict]:
        match told.happening:
            case Happening.CONNECTED:
                self._reopen(told)
            case Happening.SAID:
                yield from self._count(told, at)
            case Happening.DENIED:
                yield from self._count(told, at)
                yield from self._refused(told, at)
            case Happening.TAKEN_OVER:
                yield from self._take_over(told, at)
            case Happening.ASKED_TO_HEAR:
                yield from self._overhear(told, at)
            case _:
                yield from self._refused(told, at)

    def _reopen(self, told: Fact) -> None:
        bucket = self._buckets.get(str(told.client))
        if bucket is not None:
            bucket.is_over = False

    def _count(self, told: Fact, at: datetime) -> Iterator[Verdict]:
        client = str(told.client)
        if not self._counts_messages or client.startswith(SERVICE_PREFIX):
            return
        bucket = self._buckets.setdefault(client, _Bucket(self._limits.burst_messages, at))
        if bucket.is_over:
            return
        bucket.left, bucket.at = self._refilled(bucket, at) - 1, at
        if bucket.left >= 0:
            return
        bucket.is_over, bucket.left = True, 0
        detail = f"more than {self._limits.messages_per_s} messages a second"
        flood = Fact(Happening.FLOODED, client, detail)
        written = list(self._complain("publish.flood", flood, at))
        silent = Verdict(at, "publish.flood", client, detail, times=0)
        yield replace(written[0] if written else silent, ends_session=True)

    def _refilled(self, bucket: _Bucket, at: datetime) -> float:
        refill = (at - bucket.at).total_seconds() * self._limits.messages_per_s
        return min(bucket.left + refill, self._limits.burst_messages)

    def _drop_full_buckets(self, at: datetime) -> None:
        full = self._limits.burst_messages
        self._buckets = {
            client: bucket
            for client, bucket in self._buckets.items()
            if bucket.is_over or self._refilled(bucket, at) < full
        }

    def _overhear(self, told: Fact, at: datetime) -> Iterator[Verdict]:
        client = str(told.client)
        location = self.locations.get(client, "")
        if not may_hear(rules_of(client), told.detail, location=location, device=client):
            yield from self._complain("subscribe.beyond", told, at)

    def _take_over(self, told: Fact, at: datetime) -> Iterator[Verdict]:
        shown_out_at = self._shown_out.get(str(told.client))
        if shown_out_at is None or at - shown_out_at >= SHOWN_OUT:
            yield from self._refused(told, at)

    def _refused(self, told: Fact, at: datetime) -> Iterator[Verdict]:
        yield from self._complain(EVENT[told.happening], told, at)

    def _complain(self, event: str, told: Fact, at: datetime) -> Iterator[Verdict]:
        key = (event, told.client or told.detail)
        verdict = Verdict(at, event, told.client, told.detail)
        complaint = self._complaints.get(key)
        if complaint is None:
            yield from self._make_room(at)
            self._complaints[key] = _Complaint(at, verdict)
            yield verdict
            return
        complaint.last, complaint.unwritten = verdict, complaint.unwritten + 1
        if at - complaint.since >= QUIET:
            yield _repeated(complaint, at)
            complaint.since, complaint.unwritten = at, 0

    def _make_room(self, at: datetime) -> Iterator[Verdict]:
        """The oldest complaint goes, its repeats into the audit, when there are too many."""
        if len(self._complaints) < MOST_COMPLAINTS:
            return
        oldest = self._complaints.pop(next(iter(self._complaints)))
        if oldest.unwritten:
            yield _repeated(oldest, at)


def _repeated(complaint: _Complaint, at: datetime) -> Verdict:
    return replace(complaint.last, at=at, times=complaint.unwritten)
