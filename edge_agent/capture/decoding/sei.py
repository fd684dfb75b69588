"""Reads display orientation messages (SEI) from H.264 and HEVC packets.

They precede the first slice; in key pictures some tools put them after the last one. Nothing else
is parsed, so that a packet costs microseconds. Packets have start codes (streams) or lengths (MP4,
Matroska), as the extra data of the codec states. A damaged message is ignored.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

DISPLAY_ORIENTATION: Final = 47
H264_SEI, HEVC_SEI = 6, 39  # types of network abstraction layer units
H264_SLICES: Final = frozenset((1, 2, 5))
HEVC_SLICES: Final = frozenset(range(32))
LOOKED_AT_BYTES: Final = 16 * 1024
START: Final = b"\0\0\1"
LARGEST_TURN: Final = 1 << 16


class OrientationSei(NamedTuple):
    """The content of one message; a cancelled orientation is upright."""

    anticlockwise_deg: float = 0.0
    is_mirrored: bool = False
    is_upside_down: bool = False


class SeiReader:
    """Reads the packets of one stream."""

    def __init__(self, codec: str, extradata: bytes | None) -> None:
        self.is_hevc = codec == "hevc"
        self.can_read = codec in ("h264", "hevc")
        self._length_bytes = _length_bytes(extradata or b"", is_hevc=self.is_hevc)

    def orientation(self, packet: memoryview, *, is_key: bool) -> OrientationSei | None:
        """The last orientation in the messages of a packet; None without one."""
        found = None
        header_bytes = 2 if self.is_hevc else 1
        for unit in self._units(bytes(packet if is_key else packet[:LOOKED_AT_BYTES])):
            kind = unit[0] >> 1 & 0x3F if self.is_hevc else unit[0] & 0x1F
            if kind == (HEVC_SEI if self.is_hevc else H264_SEI):
                found = _orientation_in(unit[header_bytes:]) or found
            elif not is_key and kind in (HEVC_SLICES if self.is_hevc else H264_SLICES):
                break
        return found

    def _units(self, content: bytes) -> Iterator[bytes]:
        units = (
            _by_length(content, self._length_bytes) if self._length_bytes else _by_start(content)
        )
        return (unit for unit in units if unit)


def _length_bytes(extradata: bytes, *, is_hevc: bool) -> int:
    at = 21 if is_hevc else 4
    if len(extradata) <= at or extradata[0] != 1:
        return 0
    return (extradata[at] & 3) + 1


def _by_length(content: bytes, length_bytes: int) -> Iterator[bytes]:
    at = 0
    while at + length_bytes < len(content):
        size = int.from_bytes(content[at : at + length_bytes], "big")
        yield content[at + length_bytes : at + length_bytes + size]
        at += length_bytes + size


def _by_start(content: bytes) -> Iterator[bytes]:
    begins = content.find(START)
    while begins >= 0:
        begins += len(START)
        ends = content.find(START, begins)
        yield content[begins:ends] if ends >= 0 else content[begins:]
        begins = ends


def _orientation_in(body: bytes) -> OrientationSei | None:
    """Parse the messages of one unit: type and size in runs of 255, then the payload."""
    body, found, at = body.replace(b"\0\0\3", b"\0\0"), None, 0
    while at + 2 < len(body):
        kind, at = _number(body, at)
        size, at = _number(body, at)
        if kind == DISPLAY_ORIENTATION and at + size <= len(body):
            found = _parsed(body[at : at + size]) or found
        at += size
    return found


def _number(body: bytes, at: int) -> tuple[int, int]:
    total = 0
    while at < len(body) and body[at] == 0xFF:
        total, at = total + 255, at + 1
    return (total + body[at], at + 1) if at < len(body) else (total, at)


def _parsed(payload: bytes) -> OrientationSei | None:
    if payload and payload[0] & 0x80:  # cancelled
        return OrientationSei()
    if len(payload) < 3:
        return None
    bits = int.from_bytes(payload[:3], "big")  # cancel, mirrored, upside down, 16 of the turn
    turn = bits >> 5 & 0xFFFF
    return OrientationSei(360.0 * turn / LARGEST_TURN, bool(bits >> 22 & 1), bool(bits >> 21 & 1))
