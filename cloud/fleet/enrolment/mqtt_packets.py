"""The part of MQTT 3.1.1 and 5 that the enrolment server needs: decode packets, encode answers.

QoS 0 and 1, no wills, no retained messages, no topic aliases, no sessions. Reading never trusts a
length: whatever does not fit is a PacketError, after which the connection ends.
"""

from dataclasses import dataclass
from typing import Final

V311: Final = 4
V5: Final = 5
NAMES: Final = {V311: b"MQTT", V5: b"MQTT"}
MAX_LENGTH_BYTES: Final = 4

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14

NOT_AUTHORISED: Final = 0x87
FAILURE_311: Final = 0x80


class PacketError(ValueError):
    """Bytes that are no packet, or one that is not spoken here."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its kind, the four flags, and what follows the length."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class ConnectPacket:
    """A CONNECT."""

    version: int
    client_id: str
    keepalive_s: int


@dataclass(frozen=True, slots=True)
class PublishPacket:
    """A PUBLISH; `number` is 0 at QoS 0."""

    topic: str
    payload: bytes
    number: int


@dataclass(frozen=True, slots=True)
class SubscribePacket:
    """A SUBSCRIBE or UNSUBSCRIBE: its number and its filters."""

    number: int
    filters: tuple[str, ...]


class _Reader:
    """Takes a body apart from the front."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._place = 0

    @property
    def is_done(self) -> bool:
        return self._place >= len(self._body)

    def take(self, count: int) -> bytes:
        taken = self._body[self._place : self._place + count]
        if len(taken) < count:
            raise PacketError("a packet ends before its contents do")
        self._place += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self.take(2))

    def text(self) -> str:
        try:
            text = self.take(self.number()).decode()
        except UnicodeDecodeError as error:
            raise PacketError("a text is not UTF-8") from error
        if "\0" in text:
            raise PacketError("a text holds NUL")
        return text

    def rest(self) -> bytes:
        return self.take(len(self._body) - self._place)

    def skip_properties(self, version: int) -> None:
        if version == V5:
            length, _ = _decode_length(self._body, self._place)
            if length is None:
                raise PacketError("a packet ends within its properties' length")
            self._place += len(_encode_length(length))
            self.take(length)


def split_packet(buffer: bytes, *, largest_bytes: int) -> tuple[Packet | None, int]:
    """The first packet of a buffer and how many bytes it takes; None when there is more to come."""
    if len(buffer) < 2:
        return None, 0
    length, end = _decode_length(buffer, 1)
    if length is None:
        return None, 0
    if length > largest_bytes:
        raise PacketError(f"a packet of {length} bytes; at most {largest_bytes} are read")
    if len(buffer) < end + length:
        return None, 0
    return Packet(buffer[0] >> 4, buffer[0] & 15, buffer[end : end + length]), end + length


def parse_connect(packet: Packet) -> ConnectPacket:
    """Read a CONNECT."""
    reader = _Reader(packet.body)
    name, version, flags = reader.take(reader.number()), reader.byte(), reader.byte()
    if NAMES.get(version) != name:
        raise PacketError("not MQTT 3.1.1 or 5")
    if flags & 0b00000100:
        raise PacketError("a will: none is kept here")
    keepalive_s = reader.number()
    reader.skip_properties(version)
    return ConnectPacket(version, reader.text(), keepalive_s)


def parse_publish(packet: Packet, version: int) -> PublishPacket:
    """Read a PUBLISH at QoS 0 or 1."""
    quality = packet.flags >> 1 & 3
    if quality > 1 or packet.flags & 1:
        raise PacketError("QoS 2 and retained messages are not spoken here")
    reader = _Reader(packet.body)
    topic = reader.text()
    number = reader.number() if quality else 0
    reader.skip_properties(version)
    if not topic or (quality and not number):
        raise PacketError("a message without a topic or number")
    return PublishPacket(topic, reader.rest(), number)


def parse_subscribe(packet: Packet, version: int) -> SubscribePacket:
    """Read a SUBSCRIBE or an UNSUBSCRIBE."""
    if packet.flags != 2:
        raise PacketError("a subscription with wrong flags")
    reader = _Reader(packet.body)
    number = reader.number()
    reader.skip_properties(version)
    filters: list[str] = []
    while not reader.is_done:
        filters.append(reader.text())
        if packet.kind == SUBSCRIBE:
            reader.byte()
    if not filters or not number:
        raise PacketError("a subscription without filters or number")
    return SubscribePacket(number, tuple(filters))


def connack(version: int) -> bytes:
    """Welcome. In MQTT 5 with what is not offered: QoS 2, retaining, wildcards, shared groups."""
    limits = bytes((0x24, 1, 0x25, 0, 0x28, 0, 0x29, 0, 0x2A, 0))
    return _encode_packet(
        CONNACK, bytes((0, 0)) + (_encode_length(len(limits)) + limits if version == V5 else b"")
    )


def puback(version: int, number: int, *, refused: bool = False) -> bytes:
    """A message has arrived; MQTT 5 can say that it was refused."""
    reason = bytes((NOT_AUTHORISED,)) if refused and version == V5 else b""
    return _encode_packet(PUBACK, number.to_bytes(2) + reason)


def suback(version: int, number: int, granted: tuple[bool, ...]) -> bytes:
    """Which filters of a subscription are granted, at QoS 0."""
    refusal = NOT_AUTHORISED if version == V5 else FAILURE_311
    codes = bytes(0 if one else refusal for one in granted)
    return _encode_packet(SUBACK, number.to_bytes(2) + _no_properties(version) + codes)


def unsuback(version: int, number: int, count: int) -> bytes:
    """The filters are forgotten."""
    codes = bytes(count) if version == V5 else b""
    return _encode_packet(UNSUBACK, number.to_bytes(2) + _no_properties(version) + codes)


def pingresp() -> bytes:
    """Still here."""
    return _encode_packet(PINGRESP, b"")


def publish(version: int, topic: str, payload: bytes) -> bytes:
    """A message at QoS 0."""
    name = topic.encode()
    head = len(name).to_bytes(2) + name + _no_properties(version)
    return _encode_packet(PUBLISH, head + payload)


def _no_properties(version: int) -> bytes:
    return b"\0" if version == V5 else b""


def _encode_packet(kind: int, body: bytes) -> bytes:
    return bytes((kind << 4,)) + _encode_length(len(body)) + body


def _decode_length(buffer: bytes, place: int) -> tuple[int | None, int]:
    length = 0
    for index in range(MAX_LENGTH_BYTES):
        if place + index >= len(buffer):
            return None, 0
        byte = buffer[place + index]
        length |= (byte & 127) << (7 * index)
        if byte < 128:
            return length, place + index + 1
    raise PacketError("a length of more than four bytes")


def _encode_length(length: int) -> bytes:
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (128 if length else 0))
        if not length:
            return bytes(digits)
