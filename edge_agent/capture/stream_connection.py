"""One connection to a live source: opened with time limits, and its video packets one by one."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import av
from av.codec import Codec
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.decoding.packet_decoder import decoding_time_s, demux_packets
from edge_agent.capture.source import LiveSource
from edge_agent.settings.capture import CaptureSettings

# Without it FFmpeg counts pictures to learn the rate, which at one a second takes its time.
PROBING: Final = {"fpsprobesize": "0"}
NEARLY_ALL: Final = 0.9  # of what a server states, played before it hangs up: it was a recording


def open_hardware_decoder(kind: str, device: str) -> HWAccel | None:
    """A decoder's hardware by FFmpeg's name, when this machine and this build of FFmpeg have it.

    Pictures that the hardware cannot decode are decoded in software all the same.
    """
    accelerator = HWAccel(kind, device or None, allow_software_fallback=True)
    try:
        accelerator.create(Codec("h264", "r"))
    except (FFmpegError, NotImplementedError, OSError, RuntimeError, ValueError):
        return None
    return accelerator if kind in hwdevices_available() else None


def open_stream(
    source: LiveSource, settings: CaptureSettings, accelerator: HWAccel | None
) -> InputContainer:
    """The source, opened; every further read is waited for as long as `patience_s` says."""
    return av.open(
        source.uri,
        mode="r",
        format=source.container,
        options={**PROBING, **source.options},
        timeout=(settings.open_timeout_s, packet_timeout_s(source, settings)),
        hwaccel=accelerator,
    )


def packet_timeout_s(source: LiveSource, settings: CaptureSettings) -> float:
    """How long one packet is waited for."""
    return max(settings.read_timeout_s, source.patience_s)


class VideoPackets:
    """The packets of one stream. While the others go on, it must not stand still for ever."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        *,
        within_s: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.were_a_recording = False  # known when they have ended
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
