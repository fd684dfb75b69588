"""What the supervisor makes of Mosquitto's log: what goes into the audit, whose session ends.

A client has a bucket of messages that fills at a steady rate; who empties it is disconnected. The
same complaint about the same client is written once a minute with a count, so that a flood of
attempts is no flood of lines.

A certificate that connects while it is connected takes its own session over. Once is a camera whose
line broke before the broker noticed; again and again is a copied key: both are written down.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
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
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the audit; `ends_session` asks for the client to be disconnected."""

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


@dataclass(slots=True)
class _Complaint:
    since: datetime
    unwritten: int = 0


class Watch:
    """Remembers how much each client has said, and what has been complained about."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
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
            if told is not None and (verdict := self._judge(told, at)) is not None:
                yield verdict

    def _judge(self, told: Fact, at: datetime) -> Verdict | None:
        judges: Mapping[Happening, Callable[[Fact, datetime], Verdict | None]] = {
            Happening.CONNECTED: self._forget,
            Happening.SAID: self._count,
            Happening.DENIED: self._deny,
            Happening.TAKEN_OVER: self._take_over,
            Happening.ASKED_TO_HEAR: self._overhear,
        }
        return judges.get(told.happening, self._refused)(told, at)

    def _forget(self, told: Fact, at: datetime) -> None:
        if told.client is not None:
            self._buckets.pop(told.client, None)

    def _count(self, told: Fact, at: datetime) -> Verdict | None:
        client = str(told.client)
        if client.startswith(SERVICE_PREFIX):
            return None
        bucket = self._buckets.setdefault(client, _Bucket(self._limits.burst_messages, at))
        refill = (at - bucket.at).total_seconds() * self._limits.messages_per_s
        bucket.left = min(bucket.left + refill, self._limits.burst_messages) - 1
        bucket.at = at
        if bucket.left >= 0:
            return None
        del self._buckets[client]
        detail = f"more than {self._limits.messages_per_s} messages a second"
        return Verdict(at, "publish.flood", client, detail, ends_session=True)

    def _deny(self, told: Fact, at: datetime) -> Verdict | None:
        return self._count(told, at) or self._refused(told, at)

    def _overhear(self, told: Fact, at: datetime) -> Verdict | None:
        client = str(told.client)
        location = self.locations.get(client, "")
        if may_hear(rules_of(client), told.detail, location=location, device=client):
            return None
        return self._complain("subscribe.beyond", told, at)

    def _take_over(self, told: Fact, at: datetime) -> Verdict | None:
        shown_out_at = self._shown_out.get(str(told.client))
        if shown_out_at is not None and at - shown_out_at < SHOWN_OUT:
            return None
        return self._refused(told, at)

    def _refused(self, told: Fact, at: datetime) -> Verdict | None:
        return self._complain(EVENT[told.happening], told, at)

    def _complain(self, event: str, told: Fact, at: datetime) -> Verdict | None:
        if len(self._complaints) > MOST_COMPLAINTS:
            self._complaints.clear()
        key = (event, told.client or told.detail)
        complaint = self._complaints.get(key)
        if complaint is not None and at - complaint.since < QUIET:
            complaint.unwritten += 1
            return None
        times = 1 + (complaint.unwritten if complaint else 0)
        self._complaints[key] = _Complaint(at)
        return Verdict(at, event, told.client, told.detail, times)
