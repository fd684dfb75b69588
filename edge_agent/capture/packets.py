"""Pictures out of packets: all of them, or key pictures alone while nobody moves.

Decoding is what a camera costs: 1080p30 takes a tenth of a core, its key pictures a hundredth.
While resting, the packets since the last key picture are kept, so that on waking the decoder
catches up within one packet and nothing is waited for; a listener keeps the key picture's own
packet too. Streams with B-pictures do not rest: their
key pictures come out late. A damaged packet is skipped; too many in a row end the stream.
"""

from typing import Final

import av
from av.error import InvalidDataError
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.camera import Rest

KEPT_PACKETS: Final = 300
KEPT_BYTES: Final = 16 * 1024 * 1024
DAMAGED_IN_A_ROW: Final = 100


class PacketDecoder:
    """Decodes one stream, packet by packet."""

    def __init__(self, stream: VideoStream) -> None:
        stream.thread_type = "NONE"
        self._may_rest = not stream.codec_context.has_b_frames
        self._kept: list[Packet[VideoStream]] = []
        self._kept_bytes = 0
        self._is_torn = False  # packets were thrown away: wait for the next key picture
        self._damaged = 0

    def pictures(self, packet: "Packet[VideoStream]", *, rest: Rest) -> list[av.VideoFrame]:
        """What this packet completes: dozing, key pictures alone; listening, nothing."""
        if packet.is_keyframe:
            self._forget()
            self._is_torn = False
        is_listening = rest is Rest.LISTENING
        if is_listening or (rest is Rest.DOZING and self._may_rest and not packet.is_keyframe):
            self._keep(packet)
            return []
        if self._is_torn:
            return []
        for missed in self._kept:
            self._decoded(missed)
        self._forget()
        return self._decoded(packet)

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
        try:
            pictures = packet.decode()
        except InvalidDataError:
            self._damaged += 1
            if self._damaged >= DAMAGED_IN_A_ROW:
                raise
            return []
        self._damaged = 0
        return pictures
