"""A recording as a camera: video files, animated GIFs, numbered images; all that FFmpeg opens.

The timeline is that of the file. At `speed` 1 frames are delivered in real time, at `math.inf` as
fast as they are read; the measurements are the same, because no frame is dropped. Time without a
readable picture is delivered as gaps: pauses, damage, the time before the first key picture, the
missing end of a truncated file.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_agent.capture.camera import CaptureError, Counters
from edge_agent.capture.decoding.frame_conversion import to_frame
from edge_agent.capture.decoding.packet_decoder import DecodedPicture
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.recording_reader import (
    LARGEST_ERROR_S,
    Recording,
    TimedPicture,
    open_recording,
)
from edge_agent.capture.sampler import Sampler
from edge_agent.settings.capture import CaptureSettings
from wire.addresses import display_path
from wire.health import CaptureState

LONGEST_WAIT_S: Final = 0.5  # while waiting for the next frame, a gap is delivered this often
GAP_INTERVAL_S: Final = 1.0  # of the file's time; a picture is valid for as long
LONGEST_GAP_S: Final = 24 * 3600.0  # a longer jump of time stamps is a clock change
SPLICE_STEP_S: Final = 0.04

Moment = tuple[float, DecodedPicture | None]  # seconds since the first picture; None is a gap


class FileCamera:
    """One file as a camera. The file begins at `starts_at`."""

    def __init__(
        self,
        path: Path,
        *,
        fps: float,
        starts_at: datetime,
        speed: float = 1.0,
        loop: bool = False,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed <= 0 or math.isnan(speed):
            raise CaptureError(f"speed of {speed} cannot be played: give a number above 0, or max")
        if loop and math.isinf(speed):
            raise CaptureError("a loop at full speed never ends: give --speed a number, or no loop")
        self.name = str(path)
        self.state = CaptureState.STARTING
        self.counters = Counters()
        self.failure: CaptureFailure | None = None
        self.plays_once = not loop
        self._path = path
        self._sampler = Sampler(fps)
        self._starts_at = starts_at
        self._speed = speed
        self._loop = loop
        self._steady = steady
        self._closed = threading.Event()
        open_recording(path).close()  # an unreadable file is refused here, not at the first frame

    def apply_settings(self, settings: CaptureSettings) -> None:
        """Sample at another rate from the next picture on."""
        self._sampler = Sampler(settings.analysed_fps)

    def close(self) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        begun_s, shown_s = self._steady(), 0.0
        for elapsed_s, picture in self._timeline():
            self.counters.captured += picture is not None
            if picture is not None and not self._sampler.selects(elapsed_s):
                continue
            yield from self._until(begun_s, elapsed_s, shown_s)
            if self._closed.is_set():
                return
            if picture is None:
                yield FrameGap(self._wall_time(elapsed_s), elapsed_s)
                continue
            shown_s = elapsed_s
            self.state = CaptureState.STREAMING
            yield to_frame(
                picture, self._wall_time(elapsed_s), elapsed_s, self.counters.captured - 1
            )
        self.state = CaptureState.ENDED

    def _until(self, begun_s: float, elapsed_s: float, shown_s: float) -> Iterator[FrameGap]:
        """Wait until a moment is due; a long wait is split, while the last picture is valid."""
        while math.isfinite(self._speed) and not self._closed.is_set():
            now_s = (self._steady() - begun_s) * self._speed
            if now_s >= elapsed_s:
                return
            wait_s = (elapsed_s - now_s) / self._speed
            self._closed.wait(min(wait_s, LONGEST_WAIT_S))
            if wait_s > LONGEST_WAIT_S:
                now_s += LONGEST_WAIT_S * self._speed
                holds = now_s - shown_s < GAP_INTERVAL_S and self.counters.captured > 0
                yield FrameGap(self._wall_time(now_s), now_s, resting=holds)

    def _wall_time(self, elapsed_s: float) -> datetime:
        return self._starts_at + timedelta(seconds=elapsed_s)

    def _timeline(self) -> Iterator[Moment]:
        """Every picture and gap of every pass, with rising times."""
        begins_s = 0.0
        while not self._closed.is_set():
            last_s = begins_s
            for last_s, picture in self._pass(begins_s):
                yield last_s, picture
            if not self._loop:
                return
            begins_s = last_s + SPLICE_STEP_S

    def _pass(self, begins_s: float) -> Iterator[Moment]:
        """One pass over the file, from `begins_s` on."""
        recording = Recording(self._path)
        before: TimedPicture | None = None
        elapsed_s = begins_s
        for shot in recording.shots():
            if before is None:
                first_s = shot.at_s if recording.first_s is None else recording.first_s
                lead_s = _step(shot.at_s - first_s, 0.0)
                yield from _gaps(elapsed_s, elapsed_s + lead_s)
                elapsed_s += lead_s
            else:
                step_s = _step(shot.at_s - before.at_s, SPLICE_STEP_S)
                holds_s = _holds_s(step_s, recording.step_s, after_damage=shot.after_damage)
                yield from _gaps(elapsed_s + holds_s, elapsed_s + step_s)
                elapsed_s += step_s
            yield elapsed_s, shot.picture
            before = shot
        self._note_damage(recording)
        if before is None:
            raise CaptureError(
                f"{display_path(self._path)} holds no picture: give a video that plays"
            )
        ends_s = before.at_s + recording.step_s
        rest_s = _step((recording.end_s or ends_s) - ends_s, 0.0)
        if rest_s > LARGEST_ERROR_S:
            elapsed_s += recording.step_s
            yield from _gaps(elapsed_s, elapsed_s + rest_s)
            yield elapsed_s + rest_s, None

    def _note_damage(self, recording: Recording) -> None:
        self.counters.damaged += recording.damaged
        if recording.damaged:
            packets = f"{self.counters.damaged} packets or reads"
            self.failure = CaptureFailure(FailureCause.RECORDING_DAMAGED, packets)


def _step(step_s: float, otherwise_s: float) -> float:
    """The time between two pictures, or `otherwise_s` where the time stamps are not plausible."""
    return step_s if 0 < step_s <= LONGEST_GAP_S else otherwise_s


def _holds_s(step_s: float, usual_s: float, *, after_damage: bool) -> float:
    """How long a picture is valid."""
    is_lost = after_damage and step_s > LARGEST_ERROR_S
    return min(usual_s, GAP_INTERVAL_S) if is_lost else GAP_INTERVAL_S


def _gaps(first_s: float, last_s: float) -> Iterator[Moment]:
    """A gap at the beginning of a period and every second of it, before its end."""
    count = math.ceil((last_s - first_s - 1e-3) / GAP_INTERVAL_S)
    return ((first_s + number * GAP_INTERVAL_S, None) for number in range(count))
