"""CloudEvents 1.0 in structured JSON: one event, or a batch as an array.

Decoding never raises because of the payload. A batch of valid and invalid events yields each valid
event and, for each invalid one, its reason and as much of its identity as can be decoded, so that
one invalid event does not affect the others.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wire.ack import Ack
from wire.audience import AudienceReport
from wire.health import Alarm, Heartbeat
from wire.scalars import Instant, Journal, SequenceRange
from wire.topics import DeviceAddress

MAX_PAYLOAD_BYTES: Final = 128 * 1024  # AWS IoT Core's limit, applied on every broker
MAX_BATCH: Final = 100

Id = Annotated[str, Meta(min_length=1, max_length=200)]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=False):
    """Context attributes of CloudEvents 1.0; unknown extension attributes are accepted."""

    specversion: Literal["1.0"] = "1.0"
    id: Id
    source: Id
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"


class AudienceEvent(_Event, frozen=True, kw_only=True, tag="onlooker.audience.v1"):
    """Envelope of an audience report.

    `receipt` is a `wire.receipts.receipt.SignedReceipt` as JSON text: attributes of CloudEvents
    hold no objects, and an older cloud ignores an attribute that it does not know.
    """

    data: AudienceReport
    receipt: str | UnsetType = UNSET


class HeartbeatEvent(_Event, frozen=True, kw_only=True, tag="onlooker.heartbeat.v1"):
    """Envelope of a heartbeat."""

    data: Heartbeat


class AlarmEvent(_Event, frozen=True, kw_only=True, tag="onlooker.alarm.v1"):
    """Envelope of an alarm."""

    data: Alarm


class AckEvent(_Event, frozen=True, kw_only=True, tag="onlooker.ack.v1"):
    """Envelope of an acknowledgement."""

    data: Ack


Event = AudienceEvent | HeartbeatEvent | AlarmEvent | AckEvent


class InvalidEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that could not be decoded: reason, bytes, identity of its report if known."""

    reason: str
    payload: bytes
    journal: Journal | None = None
    sequence: SequenceRange | None = None


class _Identity(msgspec.Struct):
    journal: Journal
    sequence: SequenceRange


class _PartialEvent(msgspec.Struct):
    data: _Identity


_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_batch_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_identity_decoder = msgspec.json.Decoder(_PartialEvent)


def audience_event(report: AudienceReport, receipt: str | None = None) -> AudienceEvent:
    """Wrap a report, with its receipt if any. Its id is unique: stream and sequence are."""
    return AudienceEvent(
        id=f"{report.journal}:{report.sequence.first}-{report.sequence.last}",
        source=DeviceAddress(report.location, report.device).source,
        time=report.ends_at,
        data=report,
        receipt=receipt or UNSET,
    )


def heartbeat_event(beat: Heartbeat) -> HeartbeatEvent:
    """Wrap a heartbeat."""
    return HeartbeatEvent(
        id=f"{beat.boot}:{beat.uptime_ms}",
        source=DeviceAddress(beat.location, beat.device).source,
        time=beat.sent_at,
        data=beat,
    )


def alarm_event(alarm: Alarm) -> AlarmEvent:
    """Wrap an alarm."""
    return AlarmEvent(
        id=f"{alarm.kind}:{alarm.state}:{alarm.at.isoformat()}",
        source=DeviceAddress(alarm.location, alarm.device).source,
        time=alarm.at,
        data=alarm,
    )


def ack_event(ack: Ack, address: DeviceAddress) -> AckEvent:
    """Wrap an acknowledgement for the device at `address`."""
    return AckEvent(
        id=f"{ack.journal}:through:{ack.through}", source=address.source, time=ack.at, data=ack
    )


def encode_event(event: Event) -> bytes:
    """Encode one event."""
    return msgspec.json.encode(event)


def join_events(encoded: Sequence[bytes]) -> bytes:
    """Join encoded events into one batch, without decoding them."""
    return b"[" + b",".join(encoded) + b"]"


def decode_events(payload: bytes) -> Iterator[Event | InvalidEvent]:
    """Yield each event of the payload, or an InvalidEvent in its place."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        yield InvalidEvent(
            reason=f"payload of {len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read",
            payload=payload[:MAX_PAYLOAD_BYTES],
        )
        return
    if payload.lstrip()[:1] != b"[":
        yield _decode_event(payload)
        return
    try:
        events = _batch_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield InvalidEvent(reason=f"not a JSON batch: {error}", payload=payload)
        return
    if len(events) > MAX_BATCH:
        reason = f"a batch of {len(events)} events; at most {MAX_BATCH} are read"
        yield InvalidEvent(reason=reason, payload=payload)
        return
    for event in events:
        yield _decode_event(bytes(event))


def _decode_event(payload: bytes) -> Event | InvalidEvent:
    try:
        event: Event = _event_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _refusal(payload, str(error))
    return event


def _refusal(payload: bytes, reason: str) -> InvalidEvent:
    try:
        who = _identity_decoder.decode(payload).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return InvalidEvent(reason=reason, payload=payload)
    return InvalidEvent(reason=reason, payload=payload, journal=who.journal, sequence=who.sequence)
