"""Recorded pictures: video files, animated GIFs, numbered images; whatever FFmpeg opens by path.

The timeline is the file's own. At `speed` 1 a frame is handed out when its time has come, at
`math.inf` as fast as it is read, and what is measured is the same: no frame is ever dropped here.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.error import FFmpegError

from edge_agent.capture.camera import CaptureError, Counters, reason_of
from edge_agent.capture.decoded import Sampler, frame_of
from edge_agent.frame import Frame, Silence
from edge_agent.settings import CaptureSettings
from wire.addresses import display_path
from wire.health import CaptureState

log = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 0.5  # while waiting for a frame's time, say so this often
LONGEST_STEP_S: Final = 60.0  # a longer jump of time stamps is a splice, not a pause
SPLICE_STEP_S: Final = 0.04


class FileCamera:
    """One file as a camera. The first frame is taken at `starts_at`."""

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
        self._path = path
        self._sampler = Sampler(fps)
        self._starts_at = starts_at
        self._speed = speed
        self._loop = loop
        self._steady = steady
        self._closed = threading.Event()
        opened(path).close()  # a file that cannot be read is refused here, not at the first frame

    def adopt(self, settings: CaptureSettings) -> None:
        """Sample at another rate from the next picture on."""
        self._sampler = Sampler(settings.analysed_fps)

    def close(self) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[Frame | Silence]:
        begun_s = self._steady()
        for elapsed_s, picture in self._timeline():
            self.counters.captured += 1
            if not self._sampler.takes(elapsed_s):
                continue
            yield from self._until(begun_s, elapsed_s)
            if self._closed.is_set():
                return
            self.state = CaptureState.STREAMING
            yield frame_of(picture, self._civil(elapsed_s), elapsed_s, self.counters.captured - 1)
        self.state = CaptureState.ENDED

    def _until(self, begun_s: float, elapsed_s: float) -> Iterator[Silence]:
        """Wait for the frame's time; a long wait is broken by silences."""
        while math.isfinite(self._speed) and not self._closed.is_set():
            now_s = (self._steady() - begun_s) * self._speed
            if now_s >= elapsed_s:
                return
            wait_s = (elapsed_s - now_s) / self._speed
            self._closed.wait(min(wait_s, LONGEST_WAIT_S))
            if wait_s > LONGEST_WAIT_S:
                now_s += LONGEST_WAIT_S * self._speed
                yield Silence(self._civil(now_s), now_s)

    def _civil(self, elapsed_s: float) -> datetime:
        return self._starts_at + timedelta(seconds=elapsed_s)

    def _timeline(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Every picture of every round with its time since the first one, always rising."""
        elapsed_s, first = 0.0, True
        while not self._closed.is_set():
            last_s: float | None = None
            for at_s, picture in _pictures(self._path):
                step_s = SPLICE_STEP_S if last_s is None else at_s - last_s
                if not 0 < step_s <= LONGEST_STEP_S:
                    step_s = SPLICE_STEP_S
                last_s = at_s
                elapsed_s = 0.0 if first else elapsed_s + step_s
                first = False
                yield elapsed_s, picture
            if last_s is None:
                raise CaptureError(f"{self.name} holds no picture: give a video that plays")
            if not self._loop:
                return


def opened(path: Path) -> InputContainer:
    """The file, with a video stream in it, or CaptureError."""
    exists = path.exists()
    if not exists and "%" not in path.name:
        raise CaptureError(f"no file {display_path(path)}: correct the path")
    # a name is a name, not an address; one that exists is no pattern of numbered images either
    options = {"pattern_type": "none"} if exists else {}
    try:
        container = av.open(f"file:{path}", mode="r", options=options)
    except (FFmpegError, OSError, ValueError) as error:
        raise CaptureError(
            f"{display_path(path)} is no video that can be read ({reason_of(error)}): convert it"
        ) from None
    if not container.streams.video:
        container.close()
        raise CaptureError(f"{path} has no video stream: give a file with pictures")
    return container


def duration_s(path: Path) -> float | None:
    """How long the file says it is; None when it does not say."""
    with opened(path) as container:
        return container.duration / av.time_base if container.duration else None


def _pictures(path: Path) -> Iterator[tuple[float, av.VideoFrame]]:
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        step_s = 1 / float(stream.average_rate or 1 / SPLICE_STEP_S)
        next_s = 0.0
        pictures = container.decode(stream)
        while True:
            try:
                picture = next(pictures, None)
            except (FFmpegError, ValueError) as error:
                reason = reason_of(error)
                log.warning("capture.damaged", extra={"source": str(path), "reason": reason})
                return
            if picture is None:
                return
            at_s = next_s if picture.pts is None else picture.time
            next_s = at_s + step_s
            yield at_s, picture
