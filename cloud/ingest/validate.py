"""Validate the messages of a delivery: each is a valid report, a device message or a dead letter.

This module reads no database and keeps no state, and no payload makes it raise. The topic is
authoritative, because the broker's access rules guard it: a report about another device than its
topic names is a dead letter. A former id of a location is replaced by the present one
(`ValidationRules.current_id`).

Only a report that was parsed and whose sequence numbers are plausible can be acknowledged: as
counted, or as a dead letter that is stored whole. Every other message stays with the device.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, structs

from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind, ReportIdentity
from cloud.ingest.moved_cameras import misplaced_reason, unlisted_reason
from cloud.ingest.plausibility import (
    ValidationRules,
    implausible_figure,
    implausible_heartbeat,
    implausible_range,
)
from cloud.ingest.receipts.received import ReceivedReceipt, read_receipt
from cloud.ingest.sources.message_source import Delivery
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AlarmEvent, AudienceEvent, Event, HeartbeatEvent, InvalidEvent
from wire.health import Alarm, Heartbeat, PresenceStatus
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress, TopicError, parse_topic

FURTHEST_AHEAD: Final = timedelta(minutes=5)  # tolerated error of a camera's clock
OLDEST_REPORT: Final = timedelta(days=400)  # retention deletes the minutes of older ones
DEFAULT_RULES: Final = ValidationRules()

IsListed = Callable[[LocationId, DeviceId], bool]


@dataclass(frozen=True, slots=True)
class ValidReport:
    """A report that may be counted, unless it is a duplicate."""

    identity: ReportIdentity
    report: AudienceReport
    topic: str
    receipt: ReceivedReceipt | None = None

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> DeadLetter:
        """The dead letter of this report, without its receipt."""
        which, event = self.identity, envelope.audience_event(self.report)
        return DeadLetter(
            kind, reason, self.topic, envelope.encode_event(event), which.address, which
        )


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """A heartbeat, alarm or status of a device."""

    address: DeviceAddress
    about: Heartbeat | Alarm | PresenceStatus
    topic: str

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> DeadLetter:
        """The dead letter of this message."""
        payload = msgspec.json.encode(self.about)
        return DeadLetter(kind, reason, self.topic, payload, self.address)


ValidationResult = ValidReport | DeviceMessage | DeadLetter


def validate(
    delivery: Delivery,
    *,
    is_listed: IsListed,
    now: datetime,
    rules: ValidationRules = DEFAULT_RULES,
) -> Iterator[ValidationResult]:
    """The results of one delivery, in the order of its messages."""
    topic, payload = delivery.topic, delivery.payload
    try:
        address, channel = _parse_topic(topic)
    except TopicError as error:
        yield DeadLetter(DeadLetterKind.TOPIC, str(error), topic, payload)
        return
    if not is_listed(address.location, address.device):
        reason = unlisted_reason(address, rules.listings(address.device))
        yield DeadLetter(DeadLetterKind.UNKNOWN, reason, topic, payload, address)
        return
    address = _present_address(address, rules)
    if channel is Channel.STATUS:
        if payload:  # an empty one only clears what the broker retained
            yield _status(delivery, address)
        return
    for event in envelope.decode_events(payload):
        yield _EventValidator(delivery, address, channel, now, rules).result(event)


def topic_address(topic: str) -> DeviceAddress:
    """The address in a topic; its location may be a former id."""
    return _parse_topic(topic)[0]


def _present_address(address: DeviceAddress, rules: ValidationRules) -> DeviceAddress:
    present = rules.current_id(address.location)
    return address if present == address.location else DeviceAddress(present, address.device)


@dataclass(frozen=True, slots=True)
class _EventValidator:
    """Validates the events of one delivery."""

    delivery: Delivery
    address: DeviceAddress
    channel: Channel
    now: datetime
    rules: ValidationRules

    def result(self, event: Event | InvalidEvent) -> ValidationResult:
        """The result of one event."""
        channel, delivery = self.channel, self.delivery
        match event:
            case AudienceEvent() if channel is Channel.AUDIENCE:
                return self._report(event)
            case HeartbeatEvent() | AlarmEvent() if channel is CHANNELS[type(event)]:
                return self._device_message(event.data)
            case InvalidEvent():
                return self._invalid_dead_letter(event)
        reason = f"a {type(event).__name__} does not belong on the channel {channel}"
        return DeadLetter(
            DeadLetterKind.TOPIC, reason, delivery.topic, envelope.encode_event(event), self.address
        )

    def _invalid_dead_letter(self, invalid: InvalidEvent) -> DeadLetter:
        payload = self.delivery.payload
        oversize = len(payload) > envelope.MAX_PAYLOAD_BYTES
        return DeadLetter(
            DeadLetterKind.OVERSIZE if oversize else DeadLetterKind.UNREADABLE,
            invalid.reason,
            self.delivery.topic,
            payload if oversize else invalid.payload,
            self.address,
            _identity(self.address, invalid.journal, invalid.sequence),
        )

    def _report(self, event: AudienceEvent) -> ValidationResult:
        reported = event.data
        report, address = self._at_present_id(reported), self.address
        identity = ReportIdentity(
            address, reported.journal, reported.sequence.first, reported.sequence.last
        )
        valid = ValidReport(identity, report, self.delivery.topic)
        if problem := self._problem(report):
            return valid.as_dead_letter(*problem)
        if event.receipt is UNSET:
            return valid
        return replace(valid, receipt=read_receipt(event.receipt, reported))

    def _at_present_id(self, report: AudienceReport) -> AudienceReport:
        """The report with the present id of its location."""
        present = self.rules.current_id(report.location)
        return report if present == report.location else structs.replace(report, location=present)

    def _problem(self, report: AudienceReport) -> tuple[DeadLetterKind, str] | None:
        address, rules = self.address, self.rules
        if reason := implausible_range(report, rules):
            return DeadLetterKind.SEQUENCE, reason
        if report.device != address.device or report.location != address.location:
            return DeadLetterKind.ADDRESS, _address_reason(report.location, report.device)
        if report.ends_at > self.now + FURTHEST_AHEAD:
            return DeadLetterKind.FUTURE, f"ends at {_ahead_reason(report.ends_at, self.now)}"
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

    def _device_message(self, about: Heartbeat | Alarm) -> ValidationResult:
        address, rules = self.address, self.rules
        message = DeviceMessage(address, about, self.delivery.topic)
        location = rules.current_id(about.location)
        if about.device != address.device or location != address.location:
            return message.as_dead_letter(
                DeadLetterKind.ADDRESS, _address_reason(about.location, about.device)
            )
        if isinstance(about, Heartbeat):
            reason = implausible_heartbeat(about)
            return message.as_dead_letter(DeadLetterKind.IMPLAUSIBLE, reason) if reason else message
        if about.at > self.now + FURTHEST_AHEAD:
            return message.as_dead_letter(
                DeadLetterKind.FUTURE, f"is of {_ahead_reason(about.at, self.now)}"
            )
        return message


CHANNELS: Final = {HeartbeatEvent: Channel.HEARTBEAT, AlarmEvent: Channel.ALARM}


def _identity(
    address: DeviceAddress, stream_id: JournalId | None, sequence: SequenceRange | None
) -> ReportIdentity | None:
    if stream_id is None or sequence is None:
        return None
    return ReportIdentity(address, stream_id, sequence.first, sequence.last)


def _ahead_reason(at: datetime, now: datetime) -> str:
    return (
        f"{at.isoformat()}, {at - now} ahead of the cloud's clock; at most "
        f"{FURTHEST_AHEAD} is accepted: set the camera's clock"
    )


def _status(delivery: Delivery, address: DeviceAddress) -> ValidationResult:
    try:
        status = _status_decoder.decode(delivery.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind, reason = DeadLetterKind.UNREADABLE, str(error)
    else:
        if status.device == address.device:
            return DeviceMessage(address, status, delivery.topic)
        kind, reason = DeadLetterKind.ADDRESS, _address_reason(address.location, status.device)
    return DeadLetter(kind, reason, delivery.topic, delivery.payload, address)


def _address_reason(location: str, device: str) -> str:
    return (
        f"is about {location}/{device}, which its topic does not name: publish it under that topic"
    )


_parse_topic = lru_cache(65_536)(parse_topic)
_status_decoder = msgspec.json.Decoder(PresenceStatus)
