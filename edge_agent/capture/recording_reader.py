"""Reads a recording to its end, past any damage.

A packet that cannot be decoded is skipped and counted; so is a read error while data can still be
read after it. A container may state more time than it holds (a truncated file, a stream that
starts between key pictures). `first_s` and `end_s` give the stated time, so that the caller can
account for the time without pictures.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from edge_agent.capture.camera import ActivityLevel, CaptureError, describe_error
from edge_agent.capture.decoding.packet_decoder import DecodedPicture, PacketDecoder, demux_packets
from wire.addresses import display_path

log = logging.getLogger(__name__)

USUAL_STEP_S: Final = 0.04
INDEXED: Final = frozenset(("mov", "mp4", "avi"))  # their streams state a duration
HEADED: Final = frozenset(
    ("matroska", "webm", "flv")
)  # the file states a duration, if it was finalized
MAX_FAILED_READS: Final = 32  # consecutive errors without a packet: no data follows
LARGEST_ERROR_S: Final = 0.5  # stated durations are wrong by a picture or two


class TimedPicture(NamedTuple):
    """A picture at its time in the recording; `after_damage` if packets before it were lost."""

    at_s: float
    picture: DecodedPicture
    after_damage: bool


class Recording:
    """One pass over one file. The attributes are complete when `shots` has ended."""

    def __init__(self, path: Path) -> None:
        self.damaged = 0  # packets and reads that gave no picture
        self.first_s: float | None = None  # time of the first packet
        self.end_s: float | None = None  # where the last packet, or the stated duration, ends
        self.step_s = USUAL_STEP_S
        self._all_end_s = 0.0  # where the last packet of any stream ends
        self._path = path
        self._last_dts = -(2**63)

    def shots(self) -> Iterator[TimedPicture]:
        """Every picture that can be read, in display order."""
        with open_recording(self._path) as container:
            stream = container.streams.video[0]
            decoder = PacketDecoder(stream, gives_up=False)
            rate = stream.average_rate or stream.guessed_rate
            self.step_s = 1 / float(rate) if rate else USUAL_STEP_S
            next_s, reported = 0.0, 0
            for packet in self._packets(container, stream):
                self._note(packet, stream)
                if packet.stream_index != stream.index:
                    continue
                for picture in decoder.pictures(packet, activity=ActivityLevel.FULL):
                    at_s = next_s if picture.time is None else picture.time
                    next_s = at_s + self.step_s
                    lost = self.damaged + decoder.damaged
                    yield TimedPicture(at_s, picture, lost > reported)
                    reported = lost
            self.damaged += decoder.damaged
            self._note_stated_end(_stated_end_s(container, stream, self._all_end_s))
        if self.damaged:
            log.warning(
                "capture.damaged",
                extra={"source": display_path(self._path), "packets": self.damaged},
            )

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> "Iterator[Packet[VideoStream]]":
        """All packets and the flush; reading continues after an error.

        Includes the packets of other streams where only the file states a duration.
        """
        failed_reads, wanted = 0, () if _is_headed(container) else (stream,)
        while failed_reads < MAX_FAILED_READS:
            try:
                for packet in demux_packets(container, *wanted):
                    failed_reads = 0
                    yield packet
            except (FFmpegError, OSError, ValueError):
                self.damaged += 1
                failed_reads += 1
            else:
                return

    def _note(self, packet: "Packet[VideoStream]", stream: VideoStream) -> None:
        if packet.pts is None or packet.is_discard:
            return
        at_s = float(packet.pts * packet.time_base)
        lasts_s = float(packet.duration * packet.time_base) if packet.duration else self.step_s
        self._all_end_s = max(self._all_end_s, at_s + lasts_s)
        if packet.stream_index != stream.index:
            return
        self.first_s = at_s if self.first_s is None else self.first_s
        begins_anew = packet.dts is not None and packet.dts < self._last_dts
        if packet.dts is not None:
            self._last_dts = packet.dts
        ends_s = at_s + lasts_s
        self.end_s = ends_s if begins_anew or self.end_s is None else max(self.end_s, ends_s)

    def _note_stated_end(self, stated_s: float) -> None:
        """Count a truncated file, which states more time than it holds."""
        if self.first_s is None or self.end_s is None:
            return
        if stated_s > self.end_s + LARGEST_ERROR_S:
            self.damaged += 1
            self.end_s = stated_s


def _stated_end_s(container: InputContainer, stream: VideoStream, all_end_s: float) -> float:
    """The end of the stream as the file states it; 0 where it does not.

    Matroska and FLV state one duration for all streams, and the sound may be longer than the
    pictures. If some stream reaches the stated end, the file is complete. If none does, it was
    truncated, and the pictures are missing up to the stated end. For other formats the duration is
    an estimate of FFmpeg from the data, which is not used.
    """
    if not INDEXED.isdisjoint(_formats(container)) and stream.duration:
        return float((stream.duration + (stream.start_time or 0)) * (stream.time_base or 0))
    if _is_headed(container) and container.duration:
        stated_s = container.duration / av.time_base
        return stated_s if stated_s > all_end_s + LARGEST_ERROR_S else 0.0
    return 0.0


def _is_headed(container: InputContainer) -> bool:
    return not HEADED.isdisjoint(_formats(container))


def _formats(container: InputContainer) -> list[str]:
    return container.format.name.split(",")


def open_recording(path: Path) -> InputContainer:
    """Open a file that has a video stream; raises CaptureError."""
    exists = path.exists()
    if not exists and "%" not in path.name:
        raise CaptureError(f"no file {display_path(path)}: correct the path")
    # never parsed as an address; a name that exists is not a pattern of numbered images
    options = {"pattern_type": "none"} if exists else {}
    try:
        container = av.open(f"file:{path}", mode="r", options=options)
    except (FFmpegError, OSError, ValueError) as error:
        raise CaptureError(
            f"{display_path(path)} is not a readable video ({describe_error(error)}): convert it"
        ) from None
    if not container.streams.video:
        container.close()
        raise CaptureError(f"{display_path(path)} has no video stream: give a file with pictures")
    return container


def read_duration_s(path: Path) -> float | None:
    """The duration that the file states; None where it states none."""
    with open_recording(path) as container:
        return container.duration / av.time_base if container.duration else None
