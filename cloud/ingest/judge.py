"""From a delivery to findings: what may be counted, what is noted, what is set aside and why.

Nothing is looked up and nothing is kept here, and nothing a payload can say raises. A message is
believed only as far as its topic goes, because the topic is what the broker's access rules guard:
a report about another device than its topic names is set aside. A former name of a location stands
for the present one (`Rules.current_id`), and everything that follows uses the present name.

Only a report that was parsed and whose sequence numbers are plausible can be acknowledged, as
counted or as a dead letter that is kept whole. Whatever else a message says stays with the device.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import structs

from cloud.ingest.listing import misplaced_reason, unlisted_reason
from cloud.ingest.plausible import (
    Rules,
    implausible_figure,
    implausible_heartbeat,
    implausible_range,
)
from cloud.ingest.source import Delivery
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AlarmEvent, AudienceEvent, Event, HeartbeatEvent, InvalidEvent
from wire.health import Alarm, Heartbeat, Status
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress, TopicError, parse_topic

FURTHEST_AHEAD: Final = timedelta(minutes=5)  # a camera's clock may be this wrong
OLDEST: Final = timedelta(days=400)  # the minutes of anything older are deleted at the next sweep
RULES: Final = Rules()

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
    SEQUENCE = "sequence"  # sequence numbers that a stream of this age cannot have
    SEQUENCE_REUSED = "sequence_reused"  # the number of a report that said something else
    OVERLAP = "overlap"  # part of it is already counted
    SCATTERED = "scattered"  # beyond more gaps than are remembered
    UNSTORABLE = "unstorable"  # the database refuses it, and it alone


ONE_PER_TOPIC: Final = frozenset({Kind.UNKNOWN, Kind.SCATTERED})
"""Kept as one letter for each topic: the device still has all such reports."""
LEFT_WITH_DEVICE: Final = ONE_PER_TOPIC | {
    Kind.TOPIC,
    Kind.OVERSIZE,
    Kind.UNREADABLE,
    Kind.SEQUENCE,
}
"""Never acknowledged: the camera keeps such reports and sends them again."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which report: the device that its topic names, and its place in that device's journal."""

    address: DeviceAddress
    journal: JournalId
    first: int
    last: int

    def covers(self, other: "Identity") -> bool:
        """Whether it stands for the first number of another."""
        return (
            self.first <= other.first <= self.last
            and self.journal == other.journal
            and self.address.device == other.address.device
        )


@dataclass(frozen=True, slots=True)
class Sound:
    """A report that may be counted, if it was not before."""

    identity: Identity
    report: AudienceReport
    topic: str

    def set_aside(self, kind: Kind, reason: str) -> "DeadLetter":
        """The dead letter of this report."""
        which, event = self.identity, envelope.audience_event(self.report)
        return DeadLetter(
            kind, reason, self.topic, envelope.encode_event(event), which.address, which
        )


@dataclass(frozen=True, slots=True)
class Note:
    """News of a device's health."""

    address: DeviceAddress
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
    address: DeviceAddress | None = None
    identity: Identity | None = None

    @property
    def settles(self) -> Identity | None:
        """The report that counts as settled by being set aside."""
        return None if self.kind in LEFT_WITH_DEVICE else self.identity

    def set_aside(self, kind: Kind, reason: str) -> "DeadLetter":
        """The same for another reason."""
        return replace(self, kind=kind, reason=reason)


Finding = Sound | Note | DeadLetter


def judge(
    delivery: Delivery, *, knows: Knows, now: datetime, rules: Rules = RULES
) -> Iterator[Finding]:
    """Every finding in one delivery, in its order."""
    topic, payload = delivery.topic, delivery.payload
    try:
        address, channel = _parsed(topic)
    except TopicError as error:
        yield DeadLetter(Kind.TOPIC, str(error), topic, payload)
        return
    if not knows(address.location, address.device):
        reason = unlisted_reason(address, rules.listings(address.device))
        yield DeadLetter(Kind.UNKNOWN, reason, topic, payload, address)
        return
    address = _present(address, rules)
    if channel is Channel.STATUS:
        if payload:  # an empty one only clears what the broker retained
            yield _status(delivery, address)
        return
    for event in envelope.decode_events(payload):
        yield _Event(delivery, address, channel, now, rules).finding(event)


def said_at(topic: str) -> DeviceAddress:
    """The address that a topic names, which may hold a former name of the location."""
    return _parsed(topic)[0]


def _present(address: DeviceAddress, rules: Rules) -> DeviceAddress:
    present = rules.current_id(address.location)
    return address if present == address.location else DeviceAddress(present, address.device)


@dataclass(frozen=True, slots=True)
class _Event:
    """Where an event comes from, and what is believed of it."""

    delivery: Delivery
    address: DeviceAddress
    channel: Channel
    now: datetime
    rules: Rules

    def finding(self, event: Event | InvalidEvent) -> Finding:
        """What becomes of it."""
        channel, delivery = self.channel, self.delivery
        match event:
            case AudienceEvent() if channel is Channel.AUDIENCE:
                return self._report(event.data)
            case HeartbeatEvent() | AlarmEvent() if channel is EXPECTED[type(event)]:
                return self._note(event.data)
            case InvalidEvent():
                return self._refused(event)
        reason = f"a {type(event).__name__} does not belong on the channel {channel}"
        return DeadLetter(
            Kind.TOPIC, reason, delivery.topic, envelope.encode_event(event), self.address
        )

    def _refused(self, refusal: InvalidEvent) -> DeadLetter:
        payload = self.delivery.payload
        oversize = len(payload) > envelope.MAX_PAYLOAD_BYTES
        return DeadLetter(
            Kind.OVERSIZE if oversize else Kind.UNREADABLE,
            refusal.reason,
            self.delivery.topic,
            payload if oversize else refusal.payload,
            self.address,
            _identity(self.address, refusal.journal, refusal.sequence),
        )

    def _report(self, said: AudienceReport) -> Finding:
        report, address = self._placed(said), self.address
        identity = Identity(address, said.journal, said.sequence.first, said.sequence.last)
        sound = Sound(identity, report, self.delivery.topic)
        fault = self._fault(report)
        return sound.set_aside(*fault) if fault else sound

    def _placed(self, report: AudienceReport) -> AudienceReport:
        """The report under the present name of its location."""
        present = self.rules.current_id(report.location)
        return report if present == report.location else structs.replace(report, location=present)

    def _fault(self, report: AudienceReport) -> tuple[Kind, str] | None:
        address, rules = self.address, self.rules
        if reason := implausible_range(report, rules):
            return Kind.SEQUENCE, reason
        if report.device != address.device or report.location != address.location:
            return Kind.ADDRESS, _speaks_for(report.location, report.device)
        if report.ends_at > self.now + FURTHEST_AHEAD:
            return Kind.FUTURE, f"ends at {_ahead(report.ends_at, self.now)}"
        if report.starts_at < self.now - OLDEST:
            return Kind.ANCIENT, (
                f"starts at {report.starts_at.isoformat()}, more than {OLDEST.days} days ago: "
                "set the camera's clock"
            )
        listings = rules.listings(address.device)
        if reason := misplaced_reason(report, listings):
            return Kind.UNKNOWN, reason
        people = rules.most_people(address.location, address.device)
        reason = implausible_figure(report, people, rules.people_per_second)
        return (Kind.IMPLAUSIBLE, reason) if reason else None

    def _note(self, about: Heartbeat | Alarm) -> Finding:
        address, rules = self.address, self.rules
        note = Note(address, about, self.delivery.topic)
        location = rules.current_id(about.location)
        if about.device != address.device or location != address.location:
            return note.set_aside(Kind.ADDRESS, _speaks_for(about.location, about.device))
        if isinstance(about, Heartbeat):
            reason = implausible_heartbeat(about)
            return note.set_aside(Kind.IMPLAUSIBLE, reason) if reason else note
        if about.at > self.now + FURTHEST_AHEAD:
            return note.set_aside(Kind.FUTURE, f"is of {_ahead(about.at, self.now)}")
        return note


EXPECTED: Final = {HeartbeatEvent: Channel.HEARTBEAT, AlarmEvent: Channel.ALARM}


def _identity(
    address: DeviceAddress, journal: JournalId | None, sequence: SequenceRange | None
) -> Identity | None:
    if journal is None or sequence is None:
        return None
    return Identity(address, journal, sequence.first, sequence.last)


def _ahead(at: datetime, now: datetime) -> str:
    return (
        f"{at.isoformat()}, {at - now} ahead of the cloud's clock; at most "
        f"{FURTHEST_AHEAD} is believed: set the camera's clock"
    )


def _status(delivery: Delivery, address: DeviceAddress) -> Finding:
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


_parsed = lru_cache(65_536)(parse_topic)
_status_decoder = msgspec.json.Decoder(Status)
