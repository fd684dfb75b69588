"""Veiled pictures into HLS, ten minutes a folder, by a thread of its own.

A folder is called like the instant at which it begins and holds `index.m3u8` and its segments,
playable while it grows and after a power cut. When the disk is slow pictures are dropped and
counted; the measuring never waits.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.video.frame import PictureType

from edge_agent.privacy.delayed_redaction import RedactedFrame
from edge_agent.private_files import create_private_folder, restrict_folder
from edge_agent.recorder.segments import INDEX_FILE, NAME_FORMAT, delete_expired
from edge_agent.settings.services import RecorderSettings
from wire.web.web_request import failure_of

log = logging.getLogger(__name__)

RECORDING_S: Final = 600.0
SEGMENT_S: Final = 10
QUEUE_FRAMES: Final = 50  # pictures between the agent and the disk
MILLISECONDS: Final = Fraction(1, 1000)
LAST_FRAME_MS: Final = 200  # how long a folder's last picture stands
GOODBYE_S: Final = 5.0


class Recorder:
    """Writes below `folder` from the first picture until it is closed."""

    is_wanted = True

    def __init__(self, folder: Path, settings: RecorderSettings) -> None:
        self.dropped = 0
        self._folder = folder
        self._settings = settings
        self._waiting: queue.Queue[RedactedFrame | None] = queue.Queue(QUEUE_FRAMES)
        self._chapter: _Chapter | None = None
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)
        self._thread.start()

    def write_frame(self, picture: RedactedFrame) -> None:
        """Take a picture, or drop it when the disk is behind."""
        try:
            self._waiting.put_nowait(picture)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits and end the folder."""
        try:
            self._waiting.put(None, timeout=GOODBYE_S)
        except queue.Full:
            log.warning("recorder.stuck", extra={"folder": str(self._folder)})
        self._thread.join(GOODBYE_S)

    def _write(self) -> None:
        failing = False
        while (picture := self._waiting.get()) is not None:
            try:
                self._add(picture)
                failing = False
            except Exception as error:  # noqa: BLE001  the next picture may be written again
                if not failing:
                    log.error("recorder.failed", extra={"reason": failure_of(error)})
                failing, self._chapter = True, None
                self.dropped += 1
        try:
            self._end()
        except Exception as error:  # noqa: BLE001  whatever the disk does, the agent ends in order
            log.error("recorder.failed", extra={"reason": failure_of(error)})

    def _add(self, picture: RedactedFrame) -> None:
        if self._chapter is not None and not self._chapter.fits(picture):
            self._end()
        if self._chapter is None:
            now = datetime.now(UTC)
            delete_expired(self._folder, now, self._settings.days, self._settings.budget_bytes)
            self._chapter = _Chapter(self._folder, picture)
        self._chapter.add(picture)

    def _end(self) -> None:
        chapter, self._chapter = self._chapter, None
        if chapter is not None:
            chapter.close()


class _Chapter:
    """One folder."""

    def __init__(self, folder: Path, first: RedactedFrame) -> None:
        self._begins_s = first.at_s
        self._last_ms, self._key_ms = -1, 0
        self._held: Any = None
        self._shape = first.image.shape
        path = folder / first.captured_at.strftime(NAME_FORMAT)
        create_private_folder(path)
        self._path = path
        options = {
            "hls_time": str(SEGMENT_S),
            "hls_list_size": "0",
            "hls_playlist_type": "event",
            "hls_segment_filename": str(path / "%03d.ts"),
        }
        self._container: Any = av.open(str(path / INDEX_FILE), "w", format="hls", options=options)
        self._stream = self._container.add_stream(
            "libx264", options={"preset": "ultrafast", "crf": "28", "g": "600", "forced-idr": "1"}
        )
        self._stream.height, self._stream.width = (size // 2 * 2 for size in self._shape[:2])
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = MILLISECONDS

    def fits(self, picture: RedactedFrame) -> bool:
        """Same size, same ten minutes."""
        lasts_s = picture.at_s - self._begins_s
        return picture.image.shape == self._shape and 0 <= lasts_s < RECORDING_S

    def add(self, picture: RedactedFrame) -> None:
        at_ms = max(round((picture.at_s - self._begins_s) * 1000), self._last_ms + 1)
        self._last_ms = at_ms
        even = np.ascontiguousarray(picture.image[: self._stream.height, : self._stream.width])
        frame = av.VideoFrame.from_ndarray(even, format="bgr24")
        frame.pts, frame.time_base = at_ms, MILLISECONDS
        if at_ms >= self._key_ms:  # a segment begins with a key picture
            frame.pict_type, self._key_ms = PictureType.I, at_ms + SEGMENT_S * 1000
            restrict_folder(self._path)
        self._mux(self._stream.encode(frame))

    def close(self) -> None:
        self._mux(self._stream.encode(None))
        if self._held is not None:
            self._held.duration = LAST_FRAME_MS
            self._container.mux(self._held)
        self._container.close()
        restrict_folder(self._path)

    def _mux(self, packets: Sequence[Any]) -> None:
        """HLS adds packets' durations up; one is known when the next packet comes."""
        for packet in packets:
            if self._held is not None:
                self._held.duration = packet.pts - self._held.pts
                self._container.mux(self._held)
            self._held = packet
