"""Filters every payload before it is sent: only fields of the message schema pass.

A payload is decoded more strictly than by the cloud, its names and texts are checked, and its
groups of people must be large enough. The decoded message is encoded again, so no data can hide
between the fields. A blocked payload is counted and raises an alarm; the log names the field and
the reason, never the content. A blocked report is sent without its texts and groups, so that no
total and no sequence number is lost. A receipt that is not that of its report is removed.
"""

import logging
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, structs

from edge_agent.privacy.allowed_words import find_unknown_words
from edge_agent.privacy.encoded_data import find_encoded_data
from edge_agent.privacy.receipt_filter import find_receipt_fault
from edge_agent.privacy.sensor_names import is_allowed_name
from edge_agent.privacy.suppression import drop_small_cells
from wire.audience import AudienceReport, Versions
from wire.envelope import (
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    AlarmEvent,
    AudienceEvent,
    HeartbeatEvent,
    audience_event,
    encode_event,
    join_events,
)
from wire.health import PresenceStatus
from wire.topics import Channel, DeviceAddress

log = logging.getLogger(__name__)

MAX_EVENT_BYTES: Final = 80 * 1024  # every field of report and receipt at its limit; usually 2 KiB
MAX_DEPTH: Final = 16
SENTENCES: Final = frozenset({"reason", "message"})  # free text: only words of this program
SIGNATURES: Final = frozenset({"state.reported.manifest.signature"})  # of the privacy manifest
RECEIPT: Final = "receipt"  # encoded; compared with its report instead
WITHHELD_VERSIONS: Final = Versions(
    agent="withheld", detector="withheld", attention="withheld", config="withheld"
)


class EgressError(ValueError):
    """A payload is blocked: the field and the reason, never the content."""


class _Audience(
    AudienceEvent, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="onlooker.audience.v1"
):
    pass


class _Heartbeat(
    HeartbeatEvent,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="onlooker.heartbeat.v1",
):
    pass


class _Alarm(
    AlarmEvent, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="onlooker.alarm.v1"
):
    pass


ALLOWED_MESSAGES: Final[Mapping[Channel, type[msgspec.Struct]]] = {
    Channel.AUDIENCE: _Audience,
    Channel.HEARTBEAT: _Heartbeat,
    Channel.ALARM: _Alarm,
    Channel.STATUS: PresenceStatus,
}
_DECODERS: Final = {
    channel: msgspec.json.Decoder(message) for channel, message in ALLOWED_MESSAGES.items()
}


class EgressFilter:
    """Filters payloads. `blocked` counts blocked payloads by channel."""

    def __init__(
        self, address: DeviceAddress, *, smallest_cell: int = 5, sensors: Sequence[str] = ()
    ) -> None:
        self._own_names = {address.location, address.device, address.source}
        self.smallest_cell = smallest_cell
        self.sensors = sensors
        self.blocked: Counter[str] = Counter()

    def filter_payload(self, channel: Channel, payload: bytes) -> bytes | None:
        """The payload to send: complete, reduced, or None when blocked."""
        try:
            return self.rewrite_payload(channel, payload)
        except EgressError as error:
            self.record_blocked(channel, error)
            return self._without_texts(payload) if channel is Channel.AUDIENCE else None

    def record_blocked(self, channel: str, error: EgressError) -> None:
        """Count and log a blocked payload."""
        self.blocked[str(channel)] += 1
        log.error("egress.blocked", extra={"channel": str(channel), "reason": str(error)})

    def rewrite_payload(self, channel: Channel, payload: bytes) -> bytes:
        """The payload encoded again; EgressError unless all of it may be sent on this channel."""
        if channel not in ALLOWED_MESSAGES:
            raise EgressError(f"nothing is sent on the channel {channel}")
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise EgressError(
                f"{len(payload)} bytes: the limit of a payload is {MAX_PAYLOAD_BYTES}"
            )
        events = _events(payload)
        if len(events) > MAX_BATCH:
            raise EgressError(f"{len(events)} events: the limit of a batch is {MAX_BATCH}")
        encoded = [
            self._check_event(channel, event, f"event {number}")
            for number, event in enumerate(events)
        ]
        return join_events(encoded) if payload[:1] == b"[" else encoded[0]

    def _check_event(self, channel: Channel, payload: bytes, where: str) -> bytes:
        if len(payload) > MAX_EVENT_BYTES:
            raise EgressError(
                f"{where}: {len(payload)} bytes: the limit of an event is {MAX_EVENT_BYTES}"
            )
        try:
            event = _DECODERS[channel].decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise EgressError(f"{where}: {_schema_error(error)}") from None
        for path, text in iterate_texts(msgspec.json.decode(payload)):
            if path == RECEIPT:
                continue
            for reason in () if text in self._own_names else find_encoded_data(text):
                raise EgressError(f"{where}: {path}: {reason}")
        if isinstance(event, AlarmEvent):
            _check_sentence(event.data.message, f"{where}: data.message", self._own_names)
        if isinstance(event, AudienceEvent):
            self._check_cells(event.data, where)
            self._check_sensors(event.data, where)
            event = self._check_receipt(event, where)
            report = drop_small_cells(event.data, self.smallest_cell)
            event = structs.replace(event, data=report)
        return msgspec.json.encode(event)

    def _check_receipt(self, event: AudienceEvent, where: str) -> AudienceEvent:
        """The event without a receipt that may not be sent."""
        fault = find_receipt_fault(event)
        if not fault:
            return event
        self.record_blocked(Channel.AUDIENCE, EgressError(f"{where}: {RECEIPT}: {fault}"))
        return structs.replace(event, receipt=UNSET)

    def _check_cells(self, report: AudienceReport, where: str) -> None:
        for number, cell in enumerate(report.demographics):
            if cell.visits < self.smallest_cell:
                raise EgressError(
                    f"{where}: demographics[{number}]: fewer than {self.smallest_cell} people"
                )
        for expression, visits in (report.expressions or {}).items():
            if visits < self.smallest_cell:
                raise EgressError(
                    f"{where}: expressions.{expression}: fewer than {self.smallest_cell} people"
                )

    def _check_sensors(self, report: AudienceReport, where: str) -> None:
        for number, name in enumerate(report.sensors):
            if not is_allowed_name(name, self.sensors):
                raise EgressError(
                    f"{where}: sensors.name[{number}]: neither a known name nor in settings "
                    "privacy.sensors"
                )

    def _without_texts(self, payload: bytes) -> bytes | None:
        try:
            events = _events(payload)
        except EgressError:
            return None
        reduced = [one for event in events if (one := self._reduce(event)) is not None]
        return join_events(reduced) if reduced else None

    def _reduce(self, event: bytes) -> bytes | None:
        """The event, or its totals alone; None when they cannot be decoded."""
        for make in (bytes, _totals_alone):
            try:
                return self._check_event(Channel.AUDIENCE, make(event), "event")
            except EgressError:
                continue
        return None


def examine_document(
    document: Any, *, largest_bytes: int, signatures: Container[str] = SIGNATURES
) -> None:
    """Raise EgressError unless a shadow or job document may be sent.

    `signatures` are the paths that may contain encoded bytes, at most 128 characters.
    """
    payload = msgspec.json.encode(document)
    if len(payload) > largest_bytes:
        raise EgressError(f"{len(payload)} bytes: the limit is {largest_bytes}")
    for path, text in iterate_texts(msgspec.json.decode(payload)):
        if path in signatures and len(text) <= 128:
            continue
        for reason in find_encoded_data(text):
            raise EgressError(f"{path}: {reason}")
        if path.rpartition(".")[2] in SENTENCES:
            _check_sentence(text, path)


def _check_sentence(text: str, where: str, own_names: Iterable[str] = ()) -> None:
    for _ in find_unknown_words(text, own_names):
        raise EgressError(f"{where}: a word that is not part of this program")


def iterate_texts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of a decoded document with its path, field names included."""
    if depth > MAX_DEPTH:
        raise EgressError(f"more than {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        yield path or "text", value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from iterate_texts(item, f"{path}[{number}]", depth + 1)
    elif isinstance(value, dict):
        for number, (name, item) in enumerate(value.items()):
            yield f"{path}.name[{number}]".lstrip("."), name
            shown = name if name.isidentifier() and len(name) <= 32 else f"[{number}]"
            yield from iterate_texts(item, f"{path}.{shown}".lstrip("."), depth + 1)


def _events(payload: bytes) -> list[bytes]:
    if payload[:1] != b"[":
        return [payload]
    try:
        return [bytes(event) for event in msgspec.json.decode(payload, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EgressError("not JSON") from None


def _totals_alone(event: bytes) -> bytes:
    """The report without any field that may contain text, or EgressError."""
    try:
        data = msgspec.json.decode(event)["data"]
        totals = {name: data[name] for name in AudienceReport.__struct_fields__ if name in data}
        totals |= {
            "demographics": [],
            "sensors": {},
            "versions": msgspec.to_builtins(WITHHELD_VERSIONS),
        }
        for name in ("creatives", "zones", "expressions"):
            totals.pop(name, None)
        report = msgspec.convert(totals, AudienceReport)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError, KeyError):
        raise EgressError("not an audience report") from None
    return encode_event(audience_event(structs.replace(report, versions=WITHHELD_VERSIONS)))


def _schema_error(error: Exception) -> str:
    """The schema error without the names and values that the decoder quotes."""
    place = str(error).partition(" - at ")[2]
    known = place if place.replace("`", "").startswith("$") and len(place) <= 80 else ""
    return f"not valid against the schema{f' at {known}' if known else ''}"
