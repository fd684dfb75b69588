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

from cloud.ingest.moved_cameras import misplaced_reason, unlisted_reason
from cloud.ingest.plausibility import (
    ValidationRules,
    implausible_figure,
    implausible_heartbeat,
    implausible_range,
)
from cloud.ingest.sources.base import Delivery
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AlarmEvent, AudienceEvent, Event, HeartbeatEvent, InvalidEvent
from wire.health import Alarm, Heartbeat, Status
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress, TopicError, parse_topic

FURTHEST_AHEAD: Final = timedelta(minutes=5)  # a camera's clock may be this wrong
OLDEST_REPORT: Final = timedelta(
    days=400
)  # the minutes of anything older are deleted at the next sweep
DEFAULT_RULES: Final = ValidationRules()

IsListed = Callable[[LocationId, DeviceId], bool]


class DeadLetterKind(StrEnum):
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


KEPT_ONCE_PER_TOPIC: Final = frozenset({DeadLetterKind.UNKNOWN, DeadLetterKind.SCATTERED})
"""Kept as one letter for each topic: the device still has all such reports."""
NOT_ACKNOWLEDGED: Final = KEPT_ONCE_PER_TOPIC | {
    DeadLetterKind.TOPIC,
    DeadLetterKind.OVERSIZE,
    DeadLetterKind.UNREADABLE,
    DeadLetterKind.SEQUENCE,
}
"""Never acknowledged: the camera keeps such reports and sends them again."""


@dataclass(frozen=True, slots=True)
class ReportIdentity:
    """Which report: the device that its topic names, and its place in that device's stream."""

    address: DeviceAddress
    stream_id: JournalId
    first: int
    last: int

    def covers(self, other: "ReportIdentity") -> bool:
        """Whether it stands for the first number of another."""
        return (
            self.first <= other.first <= self.last
            and self.stream_id == other.stream_id
            and self.address.device == other.address.device
        )


@dataclass(frozen=True, slots=True)
class ValidReport:
    """A report that may be counted, if it was not before."""

    identity: ReportIdentity
    report: AudienceReport
    topic: str

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> "DeadLetter":
        """The dead letter of this report."""
        which, event = self.identity, envelope.audience_event(self.report)
        return DeadLetter(
            kind, reason, self.topic, envelope.encode_event(event), which.address, which
        )


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """News of a device's health."""

    address: DeviceAddress
    about: Heartbeat | Alarm | Status
    topic: str

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> "DeadLetter":
        """The dead letter of this news."""
        payload = msgspec.json.encode(self.about)
        return DeadLetter(kind, reason, self.topic, payload, self.address)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message set aside: from where, why, and which report it was, if that shows."""

    kind: DeadLetterKind
    reason: str
    topic: str
    payload: bytes
    address: DeviceAddress | None = None
    identity: ReportIdentity | None = None

    @property
    def acknowledges(self) -> ReportIdentity | None:
        """The report that counts as settled by being set aside."""
        return None if self.kind in NOT_ACKNOWLEDGED else self.identity

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> "DeadLetter":
        """The same for another reason."""
        return replace(self, kind=kind, reason=reason)


ValidationResult = ValidReport | DeviceMessage | DeadLetter


def validate(
    delivery: Delivery,
    *,
    is_listed: IsListed,
    now: datetime,
    rules: ValidationRules = DEFAULT_RULES,
) -> Iterator[ValidationResult]:
    """Every finding in one delivery, in its order."""
    topic, payload = delivery.topic, delivery.payload
    try:
        address, channel = _parsed(topic)
    except TopicError as error:
        yield DeadLetter(DeadLetterKind.TOPIC, str(error), topic, payload)
        return
    if not is_listed(address.location, address.device):
        reason = unlisted_reason(address, rules.listings(address.device))
        yield DeadLetter(DeadLetterKind.UNKNOWN, reason, topic, payload, address)
        return
    address = _present(address, rules)
    if channel is Channel.STATUS:
        if payload:  # an empty one only clears what the broker retained
            yield _status(delivery, address)
        return
    for event in envelope.decode_events(payload):
        yield _EventValidator(delivery, address, channel, now, rules).finding(event)


def topic_address(topic: str) -> DeviceAddress:
    """The address that a topic names, which may hold a former name of the location."""
    return _parsed(topic)[0]


def _present(address: DeviceAddress, rules: ValidationRules) -> DeviceAddress:
    present = rules.current_id(address.location)
    return address if present == address.location else DeviceAddress(present, address.device)


@dataclass(frozen=True, slots=True)
class _EventValidator:
    """Where an event comes from, and what is believed of it."""

    delivery: Delivery
    address: DeviceAddress
    channel: Channel
    now: datetime
    rules: ValidationRules

    def finding(self, event: Event | InvalidEvent) -> ValidationResult:
        """What becomes of it."""
        channel, delivery = self.channel, self.delivery
        match event:
            case AudienceEvent() if channel is Channel.AUDIENCE:
                return self._report(event.data)
            case HeartbeatEvent() | AlarmEvent() if channel is CHANNELS[type(event)]:
                return self._note(event.data)
            case InvalidEvent():
                return self._refused(event)
        reason = f"a {type(event).__name__} does not belong on the channel {channel}"
        return DeadLetter(
            DeadLetterKind.TOPIC, reason, delivery.topic, envelope.encode_event(event), self.address
        )

    def _refused(self, refusal: InvalidEvent) -> DeadLetter:
        payload = self.delivery.payload
        oversize = len(payload) > envelope.MAX_PAYLOAD_BYTES
        return DeadLetter(
            DeadLetterKind.OVERSIZE if oversize else DeadLetterKind.UNREADABLE,
            refusal.reason,
            self.delivery.topic,
            payload if oversize else refusal.payload,
            self.address,
            _identity(self.address, refusal.journal, refusal.sequence),
        )

    def _report(self, said: AudienceReport) -> ValidationResult:
        report, address = self._placed(said), self.address
        identity = ReportIdentity(address, said.journal, said.sequence.first, said.sequence.last)
        sound = ValidReport(identity, report, self.delivery.topic)
        fault = self._fault(report)
        return sound.as_dead_letter(*fault) if fault else sound

    def _placed(self, report: AudienceReport) -> AudienceReport:
        """The report under the present name of its location."""
        present = self.rules.current_id(report.location)
        return report if present == report.location else structs.replace(report, location=present)

    def _fault(self, report: AudienceReport) -> tuple[DeadLetterKind, str] | None:
        address, rules = self.address, self.rules
        if reason := implausible_range(report, rules):
            return DeadLetterKind.SEQUENCE, reason
        if report.device != address.device or report.location != address.location:
            return DeadLetterKind.ADDRESS, _speaks_for(report.location, report.device)
        if report.ends_at > self.now + FURTHEST_AHEAD:
            return DeadLetterKind.FUTURE, f"ends at {_ahead(report.ends_at, self.now)}"
        if report.starts_at < self.now - OLDEST_REPORT:
            return DeadLetterKind.ANCIENT, (
                f"starts at {report.starts_at.isoformat()}, more than {OLDEST_REPORT.days} days "
                "ago: set the camera's clock"
            )
        listings = rules.listings(address.device)
        if reason := misplaced_reason(report, listings):
            return DeadLetterKind.UNKNOWN, reason
        people = rules.most_people(address.location, address.device)
        reason = implausible_figure(report, people, rules.people_per_second)
        return (DeadLetterKind.IMPLAUSIBLE, reason) if reason else None

    def _note(self, about: Heartbeat | Alarm) -> ValidationResult:
        address, rules = self.address, self.rules
        note = DeviceMessage(address, about, self.delivery.topic)
        location = rules.current_id(about.location)
        if about.device != address.device or location != address.location:
            return note.as_dead_letter(
                DeadLetterKind.ADDRESS, _speaks_for(about.location, about.device)
            )
        if isinstance(about, Heartbeat):
            reason = implausible_heartbeat(about)
            return note.as_dead_letter(DeadLetterKind.IMPLAUSIBLE, reason) if reason else note
        if about.at > self.now + FURTHEST_AHEAD:
            return note.as_dead_letter(DeadLetterKind.FUTURE, f"is of {_ahead(about.at, self.now)}")
        return note


CHANNELS: Final = {HeartbeatEvent: Channel.HEARTBEAT, AlarmEvent: Channel.ALARM}


def _identity(
    address: DeviceAddress, stream_id: JournalId | None, sequence: SequenceRange | None
) -> ReportIdentity | None:
    if stream_id is None or sequence is None:
        return None
    return ReportIdentity(address, stream_id, sequence.first, sequence.last)


def _ahead(at: datetime, now: datetime) -> str:
    return (
        f"{at.isoformat()}, {at - now} ahead of the cloud's clock; at most "
        f"{FURTHEST_AHEAD} is believed: set the camera's clock"
    )


def _status(delivery: Delivery, address: DeviceAddress) -> ValidationResult:
    try:
        status = _status_decoder.decode(delivery.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind, reason = DeadLetterKind.UNREADABLE, str(error)
    else:
        if status.device == address.device:
            return DeviceMessage(address, status, delivery.topic)
        kind, reason = DeadLetterKind.ADDRESS, _speaks_for(address.location, status.device)
    return DeadLetter(kind, reason, delivery.topic, delivery.payload, address)


def _speaks_for(location: str, device: str) -> str:
    return f"speaks for {location}/{device}, which its topic does not name: publish under it"


_parsed = lru_cache(65_536)(parse_topic)
_status_decoder = msgspec.json.Decoder(Status)
