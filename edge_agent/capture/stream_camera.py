"""A live camera: RTSP and HTTP streams, and attached devices.

Every interruption leads to another attempt after a pause that doubles, without end. FFmpeg waits
forever by default, so every open and every read has a time limit.

A separate thread reads as fast as the camera sends and keeps only the newest sampled picture; a
picture that was not taken in time is dropped and counted, never queued. HTTP streams that arrive in
bursts are paced (`pacing.py`). A recording on an HTTP server is refused.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.decoding.frame_conversion import to_frame
from edge_agent.capture.decoding.hardware_decoder import open_hardware_decoder
from edge_agent.capture.decoding.packet_decoder import (
    DecodedPicture,
    PacketDecoder,
    decoding_time_s,
)
from edge_agent.capture.failure import (
    CaptureFailure,
    NotLiveError,
    as_network_failure,
    as_timeout,
    failure_from_exception,
)
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.network_probe import refine_with_network
from edge_agent.capture.pacing import StreamPace, is_recording
from edge_agent.capture.sampler import Sampler
from edge_agent.capture.source import LiveSource
from edge_agent.capture.stream_connection import (
    VideoPackets,
    open_stream,
    packet_timeout_s,
)
from edge_agent.settings.capture import CaptureSettings
from wire.clock import utc_now
from wire.health import CaptureState

log = logging.getLogger(__name__)

GAP_INTERVAL_S: Final = 1.0
JOIN_TIMEOUT_S: Final = 0.5
TIMEOUT_RATIO: Final = 0.9  # of the time limit: FFmpeg reports a late RTSP response as invalid data


class StreamCamera:
    """A live source as a camera. Times are those of arrival, or paced."""

    def __init__(
        self,
        source: LiveSource,
        settings: CaptureSettings,
        *,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
        begun_s: float | None = None,
        wrap: Callable[[DecodedPicture, datetime, float, int], Frame] = to_frame,
    ) -> None:
        self.name = source.name
        self.state = CaptureState.STARTING
        self.counters = Counters()
        self._source = source
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._wrap = wrap
        self._begun_s = steady() if begun_s is None else begun_s
        self.failure: CaptureFailure | None = None  # why it was last interrupted
        self.alive_s = self._begun_s  # the last activity of the reader, on the monotonic clock
        self.is_software = False  # although hardware decoding is configured
        self.is_paced = False  # it arrives in bursts and is delivered with a delay
        self._has_ended = False  # the source was a recording, read to its end
        self._activity = ActivityLevel.FULL
        self._newest: Frame | None = None
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._wake = threading.Event()

    def apply_settings(self, settings: CaptureSettings) -> None:
        """Use these settings from the next connection on."""
        self._settings = settings

    def close(self) -> None:
        self._closed.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()

    def set_activity(self, activity: ActivityLevel) -> None:
        """Decode this much from now on; OFF closes the connection."""
        self._activity = activity
        self._wake.set()

    @property
    def rest_after_s(self) -> float:
        return self._settings.rest_after_s

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        reader = self.start()
        while not self._closed.is_set():
            yield self.moment()
        reader.join(JOIN_TIMEOUT_S)

    def start(self) -> threading.Thread:
        """Start the reader thread."""
        reader = threading.Thread(target=self._read_repeatedly, name="capture", daemon=True)
        reader.start()
        return reader

    def moment(self) -> Frame | FrameGap:
        """The newest picture, or a gap when none arrives within a second."""
        with self._changed:
            if self._newest is None:
                self._changed.wait(GAP_INTERVAL_S)
        return self.take() or self._gap()

    def take(self) -> Frame | None:
        """The newest picture that has not been taken; None when there is none."""
        with self._changed:
            frame, self._newest = self._newest, None
        return frame

    def _gap(self) -> FrameGap:
        now_s = self._steady()
        resting = (
            self._activity is ActivityLevel.KEY_PICTURES and now_s - self.alive_s < GAP_INTERVAL_S
        )
        resting = resting and self.state is CaptureState.STREAMING
        return FrameGap(self._clock(), now_s - self._begun_s, resting)

    def _publish(self, frame: Frame) -> None:
        with self._changed:
            self.counters.dropped += self._newest is not None
            self._newest = frame
            self._changed.notify()

    def _read_repeatedly(self) -> None:
        pause_s = self._settings.backoff_s
        while not self._closed.is_set():
            self._sleep()
            captured_before = self.counters.captured
            self.alive_s = self._steady()
            self.failure = self._read_until_it_fails()
            if self._closed.is_set():
                return
            if self._activity is ActivityLevel.OFF:
                continue
            delivered = self.counters.captured > captured_before
            self.state = CaptureState.STALLED if delivered else CaptureState.FAILED
            pause_s = self._settings.backoff_s if delivered else pause_s
            log.warning(
                "capture.interrupted",
                extra={
                    "source": self.name,
                    "cause": str(self.failure.cause),
                    "reason": str(self.failure),
                    "pause_s": round(pause_s, 1),
                },
            )
            self._closed.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  jitter
            pause_s = min(pause_s * 2, self._settings.longest_backoff_s)
            self.counters.reconnects += 1

    def _sleep(self) -> None:
        """Wait until the camera is switched on or closed."""
        while self._activity is ActivityLevel.OFF and not self._closed.is_set():
            self.state = CaptureState.PAUSED
            self.alive_s = self._steady()
            self._wake.clear()
            self._wake.wait(GAP_INTERVAL_S)

    def _read_until_it_fails(self) -> CaptureFailure:
        """Read until the stream ends; returns why it ended."""
        captured_before, began_s = self.counters.captured, self._steady()
        try:
            with open_stream(self._source, self._settings, self._accelerator()) as container:
                self._read(container)
        except Exception as error:  # noqa: BLE001  any error leads to another attempt
            failure = failure_from_exception(error)
        else:
            return CaptureFailure(FailureCause.STREAM_ENDED)
        if self.counters.captured > captured_before:
            is_late = failure.cause is FailureCause.NO_ANSWER
            return (
                CaptureFailure(FailureCause.STREAM_STALLED, failure.detail) if is_late else failure
            )
        return self._explained(failure, self._steady() - began_s)

    def _explained(self, failure: CaptureFailure, passed_s: float) -> CaptureFailure:
        """Refine the failure of a connection that delivered no packet."""
        address = self._source.address
        if address is None or self._closed.is_set():
            return failure
        self.alive_s = self._steady()
        limit_s = min(self._settings.open_timeout_s, self._settings.read_timeout_s)
        if address.scheme.startswith("rtsp") and passed_s >= TIMEOUT_RATIO * limit_s:
            failure = as_timeout(failure)
        failure = as_network_failure(failure)
        return refine_with_network(failure, address, ca_file=self._settings.ca_file)

    def _accelerator(self) -> HWAccel | None:
        """The configured hardware decoder; None, logged once, where it is not available."""
        kind = self._settings.hwaccel
        accelerator = (
            None if kind == "none" else open_hardware_decoder(kind, self._settings.hwaccel_device)
        )
        if accelerator is None and kind != "none" and not self.is_software:
            log.warning("capture.software", extra={"source": self.name, "wanted": kind})
        self.is_software = accelerator is None and kind != "none"
        return accelerator

    def _read(self, container: InputContainer) -> None:
        stream = container.streams.video[0]
        is_http = self._source.patience_s > 0
        if self._has_ended or (is_http and is_recording(container)):
            raise NotLiveError
        pace = StreamPace(container, is_bursty=self.is_paced) if is_http else None
        decoder, sampler = PacketDecoder(stream), Sampler(self._settings.analysed_fps)
        packets = VideoPackets(
            container,
            stream,
            within_s=packet_timeout_s(self._source, self._settings),
            steady=self._steady,
        )
        for packet in packets:
            if pace is not None:
                self._wait_until(pace.due_s(decoding_time_s(packet), self._steady()))
                self.is_paced = pace.is_bursty
            if self._closed.is_set() or self._activity is ActivityLevel.OFF:
                return
            self.alive_s = self._steady()
            pictures = decoder.pictures(packet, activity=self._activity)
            if packet.size:
                self.state = CaptureState.STREAMING
                self.counters.captured += 1
            for picture in pictures:
                self._sample(sampler, picture)
        self._has_ended = packets.were_a_recording

    def _wait_until(self, due_s: float) -> None:
        while not self._closed.is_set() and self._activity is not ActivityLevel.OFF:
            self.alive_s = self._steady()
            if due_s <= self.alive_s:
                return
            self._closed.wait(min(due_s - self.alive_s, GAP_INTERVAL_S / 2))

    def _sample(self, sampler: Sampler, picture: DecodedPicture) -> None:
        now_s = self.alive_s - self._begun_s
        if sampler.selects(now_s):
            index = self.counters.captured - 1
            self._publish(self._wrap(picture, self._clock(), now_s, index))
