"""Clips to replay one after another, and a camera that shows its progress.

The event time of a clip starts where the previous clip ends.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_agent.capture.camera import Camera, CaptureError, Counters
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.recording_reader import Recording, read_duration_s
from simulators.played_creatives import PlayerFeed
from wire.health import CaptureState

PROGRESS_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class PlaylistClip:
    """A video with its length, from the container or from its packets."""

    path: Path
    length: timedelta


def read_clips(paths: Sequence[Path]) -> list[PlaylistClip]:
    """Read the length of every clip. CaptureError for a file that is missing or not a video."""
    return [PlaylistClip(path, timedelta(seconds=_length_s(path))) for path in paths]


def _length_s(path: Path) -> float:
    if not path.is_file():
        raise CaptureError(f"{path} is not a file: correct the path")
    stated = read_duration_s(path)
    if stated:
        return stated
    recording = Recording(path)
    for _ in recording.shots():
        pass
    return (recording.end_s or 0.0) - (recording.first_s or 0.0)


def compute_first_start(playlist: Sequence[PlaylistClip], speed: float, now: datetime) -> datetime:
    """Event time at which the first clip starts, so that the last one does not end after now."""
    length = sum((clip.length for clip in playlist), timedelta())
    return now if speed <= 1 else now - length * (1 - 1 / speed)


class ProgressCamera:
    """A camera that passes every frame on and shows the progress on standard error.

    The messages of the player come before the frames of their time.
    """

    def __init__(self, camera: Camera, clip: PlaylistClip, feed: PlayerFeed | None = None) -> None:
        self._camera = camera
        self._clip = clip
        self._feed = feed
        self._shown_at_s = time.monotonic()
        self.elapsed_s = 0.0

    @property
    def name(self) -> str:
        return self._camera.name

    @property
    def state(self) -> CaptureState:
        return self._camera.state

    @property
    def counters(self) -> Counters:
        return self._camera.counters

    def close(self) -> None:
        self._camera.close()

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        for moment in self._camera:
            self.elapsed_s = moment.elapsed_s
            if self._feed is not None:
                self._feed.advance(moment.captured_at)
            if time.monotonic() - self._shown_at_s >= PROGRESS_EVERY_S:
                self._shown_at_s = time.monotonic()
                self._show_progress()
            yield moment

    def _show_progress(self) -> None:
        length_s = self._clip.length.total_seconds()
        sys.stderr.write(f"\r{self._clip.path.name}: {self.elapsed_s:.0f} of {length_s:.0f} s ")
        sys.stderr.flush()
