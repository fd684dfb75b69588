"""From a delivery to findings: what may be counted, what is noted, what is set aside and why.

Nothing is looked up and nothing is kept here, and nothing a payload can say raises. A message is
believed only as far as its topic goes, because the topic is what the broker's access rules guard:
a report about another device than its topic names is set aside.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from cloud.ingest.source import Delivery
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AlarmEvent, AudienceEvent, Event, HeartbeatEvent, Refusal
from wire.health import Alarm, Heartbeat, Status
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Address, Channel, TopicError, parse

FURTHEST_AHEAD: Final = timedelta(minutes=5)  # a camera's clock may be this wrong
EARLIEST_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
LARGEST: Final = 10**12  # any one number: ten thousand people for an hour are 3.6e10 ms

Knows = Callable[[LocationId, DeviceId], bool]


class Kind(StrEnum):
    """Why a message was set aside, in one word."""

    TOPIC = "topic"  # not one of ours, or another message than the channel carries
    OVERSIZE = "oversize"
    UNREADABLE = "unreadable"
    ADDRESS = "address"  # speaks for somebody else
    UNKNOWN = "unknown"  # no such camera in the estate
    FUTURE = "future"
    ANCIENT = "ancient"
    IMPLAUSIBLE = "implausible"  # a number or a name that no camera measures
    OVERLAP = "overlap"  # part of it is already counted
    SCATTERED = "scattered"  # beyond more gaps than are remembered
    UNSTORABLE = "unstorable"  # the database refuses it, and it alone


LEFT_WITH_DEVICE: Final = frozenset({Kind.UNKNOWN, Kind.SCATTERED})
"""Not settled: the camera keeps such reports and sends them again."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which report: the device that its topic names, and its place in that device's journal."""

    address: Address
    journal: JournalId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A report that may be counted, if it was not before."""

    identity: Identity
    report: AudienceReport
    topic: str

    def set_aside(self, kind: Kind, reason: str) -> "DeadLetter":
        """The dead letter of this report."""
        which, event = self.identity, envelope.audience_event(self.report)
        return DeadLetter(kind, reason, self.topic, envelope.seal(event), which.address, which)


@dataclass(frozen=True, slots=True)
class Note:
    """News of a device's health."""

    address: Address
    about: Heartbeat | Alarm | Status
    topic: str

    def set_aside(self, kind: Kind, reason: str) -> "DeadLetter":
        """The dead letter of this news."""
        payload = msgspec.json.encode(self.about)
        return DeadLetter(kind, reason, self.topic, payload, self.address)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message set aside: from where, why, and which report it was, if that shows."""

    kind: Kind
    reason: str
    topic: str
    payload: bytes
    address: Address | None = None
    identity: Identity | None = None

    @property
    def settles(self) -> Identity | None:
        """The report that counts as settled by being set aside."""
        return None if self.kind in LEFT_WITH_DEVICE else self.identity

    def set_aside(self, kind: Kind, reason: str) -> "DeadLetter":
        """The same for another reason."""
        return replace(self, kind=kind, reason=reason)


Finding = Sound | Note | DeadLetter


def judge(delivery: Delivery, *, knows: Knows, now: datetime) -> Iterator[Finding]:
    """Every finding in one delivery, in its order."""
    topic, payload = delivery.topic, delivery.payload
    try:
        address, channel = _parsed(topic)
    except TopicError as error:
        yield DeadLetter(Kind.TOPIC, str(error), topic, payload)
        return
    if not knows(address.location, address.device):
        reason = (
            f"the estate knows no camera {address.device!r} at {address.location!r}: "
            "add it to the estate file; the camera keeps its reports until then"
        )
        yield DeadLetter(Kind.UNKNOWN, reason, topic, payload, address)
        return
    if channel is Channel.STATUS:
        if payload:  # an empty one only clears what the broker retained
            yield _status(delivery, address)
        return
    for event in envelope.unseal(payload):
        yield _event(event, delivery, address, channel, now)


def _event(
    event: Event | Refusal, delivery: Delivery, address: Address, channel: Channel, now: datetime
) -> Finding:
    match event:
        case AudienceEvent() if channel is Channel.AUDIENCE:
            return _report(event, delivery.topic, address, now)
        case HeartbeatEvent() if channel is Channel.HEARTBEAT:
            return _note(event, delivery.topic, address)
        case AlarmEvent() if channel is Channel.ALARM:
            return _note(event, delivery.topic, address)
        case Refusal():
            oversize = len(delivery.payload) > envelope.MAX_PAYLOAD_BYTES
            kind = Kind.OVERSIZE if oversize else Kind.UNREADABLE
            return DeadLetter(
                kind,
                event.reason,
                delivery.topic,
                delivery.payload if oversize else event.payload,
                address,
                _identity(address, event.journal, event.sequence),
            )
    reason = f"a {type(event).__name__} does not belong on the channel {channel}"
    return DeadLetter(Kind.TOPIC, reason, delivery.topic, envelope.seal(event), address)


def _report(event: AudienceEvent, topic: str, address: Address, now: datetime) -> Finding:
    report = event.data
    identity = Identity(address, report.journal, report.sequence.first, report.sequence.last)
    sound = Sound(identity, report, topic)
    fault = _fault(report, address, now)
    return sound.set_aside(*fault) if fault else sound


def _identity(
    address: Address, journal: JournalId | None, sequence: SequenceRange | None
) -> Identity | None:
    if journal is None or sequence is None:
        return None
    return Identity(address, journal, sequence.first, sequence.last)


def _fault(report: AudienceReport, address: Address, now: datetime) -> tuple[Kind, str] | None:
    if report.device != address.device or report.location != address.location:
        return Kind.ADDRESS, _speaks_for(report.location, report.device)
    if report.ends_at > now + FURTHEST_AHEAD:
        ahead = report.ends_at - now
        return Kind.FUTURE, (
            f"ends at {report.ends_at.isoformat()}, {ahead} ahead of the cloud's clock; at most "
            f"{FURTHEST_AHEAD} is believed: set the camera's clock"
        )
    if report.starts_at < EARLIEST_AT:
        return Kind.ANCIENT, (
            f"starts at {report.starts_at.isoformat()}, before {EARLIEST_AT.date()}: "
            "set the camera's clock"
        )
    odd = next(_oddities(report), None)
    return (Kind.IMPLAUSIBLE, odd) if odd else None


def _oddities(report: AudienceReport) -> Iterator[str]:
    """What the schema lets through and a sum of years could not carry."""
    frames, sensors = report.frames, report.sensors
    plain = (report.person_ms, report.dwell_ms, report.entries, report.visits, report.peak)
    largest = max(*plain, frames.captured, frames.dropped, frames.analysed)
    if largest > LARGEST:
        yield f"counts {largest} of something in one report; at most {LARGEST} is believed"
    for name, reading in sensors.items():
        if not name.isprintable():
            yield f"sensor name {name!r} has characters that do not print"
        values = (reading.total_milli, reading.least_milli, reading.most_milli)
        if max(reading.samples, *map(abs, values)) > LARGEST:
            yield f"sensor {name} reads more than {LARGEST} thousandths"


def _note(event: HeartbeatEvent | AlarmEvent, topic: str, address: Address) -> Finding:
    about = event.data
    note = Note(address, about, topic)
    if about.device == address.device and about.location == address.location:
        return note
    return note.set_aside(Kind.ADDRESS, _speaks_for(about.location, about.device))


def _status(delivery: Delivery, address: Address) -> Finding:
    try:
        status = _status_decoder.decode(delivery.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind, reason = Kind.UNREADABLE, str(error)
    else:
        if status.device == address.device:
            return Note(address, status, delivery.topic)
        kind, reason = Kind.ADDRESS, _speaks_for(address.location, status.device)
    return DeadLetter(kind, reason, delivery.topic, delivery.payload, address)


def _speaks_for(location: str, device: str) -> str:
    return f"speaks for {location}/{device}, which its topic does not name: publish under it"


_parsed = lru_cache(65_536)(parse)
_status_decoder = msgspec.json.Decoder(Status)
