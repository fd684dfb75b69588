"""Decodes packets to pictures: all of them, or only key pictures while there is no motion.

Decoding is the main cost of a camera: 1080p30 takes a tenth of a core, its key pictures a
hundredth. With KEY_PICTURES the packets since the last key picture are kept, so that the decoder
catches up within one packet; with BUFFERING the packet of the key picture is kept too. Streams with
B-pictures are always decoded completely, because their key pictures are delayed. A damaged packet
is skipped and counted; too many in a row end a live stream.

Every picture has the orientation of the stream. Interlaced pictures are deinterlaced at FULL; key
pictures alone are too far apart for that and are used for motion detection only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.deinterlacer import Deinterlacer
from edge_agent.capture.decoding.orientation import (
    UPRIGHT,
    Orientation,
    orientation_from_sei,
    orientation_of_picture,
)
from edge_agent.capture.decoding.sei import SeiReader

KEPT_PACKETS: Final = 300
KEPT_BYTES: Final = 16 * 1024 * 1024
MAX_CONSECUTIVE_DAMAGED: Final = 100


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A decoded picture. `time` is that of the stream in seconds, None without a time stamp."""

    frame: av.VideoFrame
    time: float | None
    orientation: Orientation = UPRIGHT


def decoding_time_s(packet: "Packet[VideoStream]") -> float | None:
    """The packet's time in decoding order, which always rises; None without a time stamp."""
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None else float(stamp * packet.time_base)


def demux_packets(container: InputContainer, *streams: VideoStream) -> "Iterator[Packet[Any]]":
    """All packets of these streams, or of all; streams that begin later are left out.

    PyAV lists the streams at opening and raises IndexError at a packet of another stream.
    """
    while True:
        try:
            yield from container.demux(*streams)
        except IndexError:
            continue
        return


class PacketDecoder:
    """Decodes one stream, packet by packet. With `gives_up` too much damage raises an error."""

    def __init__(self, stream: VideoStream, *, gives_up: bool = True) -> None:
        stream.thread_type = "NONE"
        self.damaged = 0
        self._gives_up = gives_up
        self._may_rest = not stream.codec_context.has_b_frames
        self._kept: list[Packet[VideoStream]] = []
        self._kept_bytes = 0
        self._is_torn = False  # packets were discarded: wait for the next key picture
        self._damaged_in_a_row = 0
        self._sei = SeiReader(stream.codec_context.name, stream.codec_context.extradata)
        self._has_sei = False
        self._orientation = UPRIGHT
        self._deinterlacer = Deinterlacer()

    def pictures(
        self, packet: "Packet[VideoStream]", *, activity: ActivityLevel
    ) -> list[DecodedPicture]:
        """The pictures that this packet completes, as far as `activity` allows."""
        if packet.is_keyframe:
            self._forget()
            self._is_torn = False
        is_listening = activity is ActivityLevel.BUFFERING
        if is_listening or (
            activity is ActivityLevel.KEY_PICTURES and self._may_rest and not packet.is_keyframe
        ):
            self._keep(packet)
            return []
        if self._is_torn:
            return []
        for missed in self._kept:
            self._decoded(missed)
        self._forget()
        pictures = self._decoded(packet)
        if activity is ActivityLevel.KEY_PICTURES and self._may_rest:
            self._deinterlacer.reset()
            return [DecodedPicture(one, one.time, self._orientation) for one in pictures]
        return self._whole(pictures, is_last=not packet.size)

    def _whole(self, pictures: list[av.VideoFrame], *, is_last: bool) -> list[DecodedPicture]:
        passed = [pair for one in pictures for pair in self._deinterlacer.deinterlace(one)]
        passed += self._deinterlacer.flush() if is_last else []
        return [DecodedPicture(one, time, self._orientation) for one, time in passed]

    def _keep(self, packet: "Packet[VideoStream]") -> None:
        self._kept.append(packet)
        self._kept_bytes += packet.size
        if len(self._kept) > KEPT_PACKETS or self._kept_bytes > KEPT_BYTES:
            self._forget()
            self._is_torn = True

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0

    def _decoded(self, packet: "Packet[VideoStream]") -> list[av.VideoFrame]:
        self._read_orientation(packet)
        try:
            pictures = packet.decode()
        except (FFmpegError, ValueError):
            self.damaged += 1
            self._damaged_in_a_row += 1
            if self._gives_up and self._damaged_in_a_row >= MAX_CONSECUTIVE_DAMAGED:
                raise
            return []
        self._damaged_in_a_row = 0
        for picture in pictures:
            self._take_matrix(picture)
        return pictures

    def _read_orientation(self, packet: "Packet[VideoStream]") -> None:
        if not self._sei.can_read or not packet.size:
            return
        sei = self._sei.orientation(memoryview(packet), is_key=packet.is_keyframe)
        if sei is not None:
            self._orientation, self._has_sei = orientation_from_sei(sei), True

    def _take_matrix(self, picture: av.VideoFrame) -> None:
        if not self._has_sei:  # FFmpeg converts an SEI to a matrix too
            self._orientation = orientation_of_picture(picture) or self._orientation
