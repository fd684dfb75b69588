"""The gate before every link: nothing leaves that is not a field of the contract.

A payload is decoded more strictly than the cloud would, every name and text in it is looked at, and
its groups of people must be large enough. What goes out is what was understood, written anew, so
that nothing can hide between the fields. What is refused is counted and told as an alarm, never
sent and never logged: only the place and the reason are. A report that is refused is sent without
its words and groups, so that no total is lost and the cloud's count of numbers has no hole.
"""

import logging
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from edge_agent.privacy.allowed_words import find_unknown_words
from edge_agent.privacy.encoded_data import find_encoded_data
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

MAX_EVENT_BYTES: Final = 48 * 1024  # every field of a report at its most; usually 1 KiB
MAX_DEPTH: Final = 16
SENTENCES: Final = frozenset({"reason", "message"})  # fields of free text: only our own words
SIGNATURES: Final = frozenset({"state.reported.manifest.signature"})  # of the privacy manifest
WITHHELD_VERSIONS: Final = Versions(
    agent="withheld", detector="withheld", attention="withheld", config="withheld"
)


class EgressError(ValueError):
    """A payload that may not leave: where in it, and why; never what it says."""


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
    """Judges payloads. `refusals` counts those that were not let through, by channel."""

    def __init__(
        self, address: DeviceAddress, *, smallest_cell: int = 5, sensors: Sequence[str] = ()
    ) -> None:
        self._own = {address.location, address.device, address.source}
        self.smallest_cell = smallest_cell
        self.sensors = sensors
        self.blocked: Counter[str] = Counter()

    def filter_payload(self, channel: Channel, payload: bytes) -> bytes | None:
        """What may be sent in the payload's place: itself, less of it, or nothing (None)."""
        try:
            return self.rewrite_payload(channel, payload)
        except EgressError as error:
            self.record_blocked(channel, error)
            return self._without_words(payload) if channel is Channel.AUDIENCE else None

    def record_blocked(self, channel: str, error: EgressError) -> None:
        """Count a refusal."""
        self.blocked[str(channel)] += 1
        log.error("egress.refused", extra={"channel": str(channel), "reason": str(error)})

    def rewrite_payload(self, channel: Channel, payload: bytes) -> bytes:
        """The payload written anew, or EgressError unless all of it may leave on this channel."""
        if channel not in ALLOWED_MESSAGES:
            raise EgressError(f"nothing leaves on the channel {channel}")
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise EgressError(f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} leave at once")
        events = _events(payload)
        if len(events) > MAX_BATCH:
            raise EgressError(f"{len(events)} events, at most {MAX_BATCH} leave at once")
        anew = [
            self._examined_one(channel, event, f"event {number}")
            for number, event in enumerate(events)
        ]
        return join_events(anew) if payload[:1] == b"[" else anew[0]

    def _examined_one(self, channel: Channel, payload: bytes, where: str) -> bytes:
        if len(payload) > MAX_EVENT_BYTES:
            raise EgressError(
                f"{where}: {len(payload)} bytes, at most {MAX_EVENT_BYTES} are one event"
            )
        try:
            event = _DECODERS[channel].decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise EgressError(f"{where}: {_shape(error)}") from None
        for path, text in iterate_texts(msgspec.json.decode(payload)):
            for complaint in () if text in self._own else find_encoded_data(text):
                raise EgressError(f"{where}: {path}: {complaint}")
        if isinstance(event, AlarmEvent):
            _examine_sentence(event.data.message, f"{where}: data.message", self._own)
        if isinstance(event, AudienceEvent):
            self._examine_cells(event.data, where)
            self._examine_sensors(event.data, where)
            report = drop_small_cells(event.data, self.smallest_cell)
            event = structs.replace(event, data=report)
        return msgspec.json.encode(event)

    def _examine_cells(self, report: AudienceReport, where: str) -> None:
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

    def _examine_sensors(self, report: AudienceReport, where: str) -> None:
        for number, name in enumerate(report.sensors):
            if not is_allowed_name(name, self.sensors):
                raise EgressError(
                    f"{where}: sensors.name[{number}]: none of the known names, nor of "
                    "privacy.sensors in this camera's settings"
                )

    def _without_words(self, payload: bytes) -> bytes | None:
        try:
            events = _events(payload)
        except EgressError:
            return None
        left = [kept for event in events if (kept := self._bare(event)) is not None]
        return join_events(left) if left else None

    def _bare(self, event: bytes) -> bytes | None:
        """The event, or its totals alone; None when it has none that can be read."""
        for make in (bytes, _totals_alone):
            try:
                return self._examined_one(Channel.AUDIENCE, make(event), "event")
            except EgressError:
                continue
        return None


def examine_document(
    document: Any, *, largest_bytes: int, signatures: Container[str] = SIGNATURES
) -> None:
    """EgressError unless a document other than an event may leave: a shadow, a job's progress.

    `signatures` are the paths whose text is allowed to be encoded bytes, 128 characters at most.
    """
    payload = msgspec.json.encode(document)
    if len(payload) > largest_bytes:
        raise EgressError(f"{len(payload)} bytes, at most {largest_bytes} leave at once")
    for path, text in iterate_texts(msgspec.json.decode(payload)):
        if path in signatures and len(text) <= 128:
            continue
        for complaint in find_encoded_data(text):
            raise EgressError(f"{path}: {complaint}")
        if path.rpartition(".")[2] in SENTENCES:
            _examine_sentence(text, path)


def _examine_sentence(text: str, where: str, own: Iterable[str] = ()) -> None:
    for _ in find_unknown_words(text, own):
        raise EgressError(f"{where}: a word that is none of this program's")


def iterate_texts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in a decoded document with its place, names of fields included."""
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
        raise EgressError("no JSON") from None


def _totals_alone(event: bytes) -> bytes:
    """The report of an event without anything that could hold words, or EgressError."""
    try:
        data = msgspec.json.decode(event)["data"]
        plain = {name: data[name] for name in AudienceReport.__struct_fields__ if name in data}
        plain |= {
            "demographics": [],
            "sensors": {},
            "versions": msgspec.to_builtins(WITHHELD_VERSIONS),
        }
        for name in ("creatives", "zones", "expressions"):
            plain.pop(name, None)
        report = msgspec.convert(plain, AudienceReport)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError, KeyError):
        raise EgressError("no report") from None
    return encode_event(audience_event(structs.replace(report, versions=WITHHELD_VERSIONS)))


def _shape(error: Exception) -> str:
    """What is wrong with the shape, without the names and values that a decoder quotes."""
    place = str(error).partition(" - at ")[2]
    known = place if place.replace("`", "").startswith("$") and len(place) <= 80 else ""
    return f"not as the contract has it{f' at {known}' if known else ''}"
