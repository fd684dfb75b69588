"""Writes redacted frames as HLS, ten minutes per folder, in a thread of its own.

A folder is named after its start and holds `index.m3u8` and its segments, playable while it grows
and after a power cut. When the disk is slow, frames are dropped and counted; measurement never
waits.
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
QUEUE_FRAMES: Final = 50  # frames between the agent and the disk
MILLISECONDS: Final = Fraction(1, 1000)
LAST_FRAME_MS: Final = 200  # duration of the last frame of a folder
CLOSE_TIMEOUT_S: Final = 5.0


class Recorder:
    """Writes below `folder` from the first frame until it is closed."""

    is_wanted = True

    def __init__(self, folder: Path, settings: RecorderSettings) -> None:
        self.dropped = 0
        self._folder = folder
        self._settings = settings
        self._queue: queue.Queue[RedactedFrame | None] = queue.Queue(QUEUE_FRAMES)
        self._recording: _Recording | None = None
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)
        self._thread.start()

    def write_frame(self, frame: RedactedFrame) -> None:
        """Queue a frame, or drop it when the queue is full."""
        try:
            self._queue.put_nowait(frame)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write queued frames and finish the folder."""
        try:
            self._queue.put(None, timeout=CLOSE_TIMEOUT_S)
        except queue.Full:
            log.warning("recorder.stuck", extra={"folder": str(self._folder)})
        self._thread.join(CLOSE_TIMEOUT_S)

    def _write(self) -> None:
        failing = False
        while (frame := self._queue.get()) is not None:
            try:
                self._add(frame)
                failing = False
            except Exception as error:  # noqa: BLE001  the next frame may succeed
                if not failing:
                    log.error("recorder.failed", extra={"reason": failure_of(error)})
                failing, self._recording = True, None
                self.dropped += 1
        try:
            self._finish()
        except Exception as error:  # noqa: BLE001  the agent ends in order
            log.error("recorder.failed", extra={"reason": failure_of(error)})

    def _add(self, frame: RedactedFrame) -> None:
        if self._recording is not None and not self._recording.accepts(frame):
            self._finish()
        if self._recording is None:
            now = datetime.now(UTC)
            delete_expired(self._folder, now, self._settings.days, self._settings.budget_bytes)
            self._recording = _Recording(self._folder, frame)
        self._recording.add(frame)

    def _finish(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.close()


class _Recording:
    """One folder of HLS."""

    def __init__(self, folder: Path, first: RedactedFrame) -> None:
        self._started_s = first.at_s
        self._last_ms, self._key_ms = -1, 0
        self._last_packet: Any = None
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

    def accepts(self, frame: RedactedFrame) -> bool:
        """Whether a frame has the same size and lies within the same ten minutes."""
        offset_s = frame.at_s - self._started_s
        return frame.image.shape == self._shape and 0 <= offset_s < RECORDING_S

    def add(self, frame: RedactedFrame) -> None:
        at_ms = max(round((frame.at_s - self._started_s) * 1000), self._last_ms + 1)
        self._last_ms = at_ms
        cropped = np.ascontiguousarray(frame.image[: self._stream.height, : self._stream.width])
        video_frame = av.VideoFrame.from_ndarray(cropped, format="bgr24")
        video_frame.pts, video_frame.time_base = at_ms, MILLISECONDS
        if at_ms >= self._key_ms:  # a segment starts with a key frame
            video_frame.pict_type, self._key_ms = PictureType.I, at_ms + SEGMENT_S * 1000
            restrict_folder(self._path)
        self._mux(self._stream.encode(video_frame))

    def close(self) -> None:
        self._mux(self._stream.encode(None))
        if self._last_packet is not None:
            self._last_packet.duration = LAST_FRAME_MS
            self._container.mux(self._last_packet)
        self._container.close()
        restrict_folder(self._path)

    def _mux(self, packets: Sequence[Any]) -> None:
        """HLS adds up packet durations; that of a packet is known when the next one arrives."""
        for packet in packets:
            if self._last_packet is not None:
                self._last_packet.duration = packet.pts - self._last_packet.pts
                self._container.mux(self._last_packet)
            self._last_packet = packet
