"""Opens one connection to a live source with time limits and reads its video packets."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.decoding.packet_decoder import decoding_time_s, demux_packets
from edge_agent.capture.source import LiveSource
from edge_agent.settings.capture import CaptureSettings

# Otherwise FFmpeg counts pictures to estimate the rate, which takes long at one a second.
PROBING: Final = {"fpsprobesize": "0"}
NEARLY_ALL: Final = 0.9  # of the stated duration: a source that ends after it was a recording


def open_stream(
    source: LiveSource, settings: CaptureSettings, accelerator: HWAccel | None
) -> InputContainer:
    """Open the source; every read has the time limit of `packet_timeout_s`."""
    return av.open(
        source.uri,
        mode="r",
        format=source.container,
        options={**PROBING, **source.options},
        timeout=(settings.open_timeout_s, packet_timeout_s(source, settings)),
        hwaccel=accelerator,
    )


def packet_timeout_s(source: LiveSource, settings: CaptureSettings) -> float:
    """The time limit for one packet."""
    return max(settings.read_timeout_s, source.patience_s)


class VideoPackets:
    """The packets of one stream; TimeoutError when only other streams deliver for too long."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        *,
        within_s: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.were_a_recording = False  # set when the packets have ended
        self._container = container
        self._stream = stream
        self._within_s = within_s
        self._steady = steady

    def __iter__(self) -> "Iterator[Packet[VideoStream]]":
        first_s = last_s = None
        came_s = self._steady()
        for packet in demux_packets(self._container):
            if packet.stream_index != self._stream.index:
                if self._steady() - came_s > self._within_s:
                    raise TimeoutError
                continue
            at_s = decoding_time_s(packet)
            last_s = last_s if at_s is None else at_s
            first_s = last_s if first_s is None else first_s
            yield packet
            came_s = self._steady()
        played_s = (last_s or 0.0) - (first_s or 0.0)
        stated_s = (self._container.duration or 0) / av.time_base
        self.were_a_recording = stated_s > 0 and played_s >= NEARLY_ALL * stated_s
