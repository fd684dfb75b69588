"""A camera with two streams: the substream is analysed, the main stream decoded when needed.

Decoding 640 x 360 costs an eighth of 1080p. While there is no motion, the packets of the main
stream since its last key picture are kept but not decoded, so that full-size pictures are available
within one picture of the first motion. The motion gate and the quality check always use the
substream, so that switching does not affect them. Without the substream the main stream serves
both purposes. Without the main stream the camera is offline. Paced streams (HLS) are not
synchronous; then, too, the main stream serves both purposes.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.decoding.frame_conversion import to_frame
from edge_agent.capture.decoding.packet_decoder import DecodedPicture
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.source import LiveSource
from edge_agent.capture.stream_camera import StreamCamera
from edge_agent.settings.capture import CaptureSettings
from wire.clock import utc_now
from wire.health import CaptureState

log = logging.getLogger(__name__)

DELAYED: Final = "paced streams have different delays: the main stream serves both purposes"
FRESH_S: Final = 0.5  # a main picture no older than this shows the same as the substream
REST_AFTER_S: Final = 2.0


class DualCamera:
    """Two live sources as one camera."""

    def __init__(
        self,
        source: LiveSource,
        substream: LiveSource,
        settings: CaptureSettings,
        *,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
        begun_s: float | None = None,
        wrap: Callable[[DecodedPicture, datetime, float, int], Frame] = to_frame,
    ) -> None:
        begun_s = steady() if begun_s is None else begun_s
        self._large, self._small = (
            StreamCamera(one, settings, clock=clock, steady=steady, begun_s=begun_s, wrap=wrap)
            for one in (source, substream)
        )
        self._settings = settings
        self._activity = ActivityLevel.FULL
        self._held: Frame | None = None
        self._delay_reported = False

    @property
    def name(self) -> str:
        return self._large.name

    @property
    def state(self) -> CaptureState:
        return self._large.state

    @property
    def counters(self) -> Counters:
        return self._large.counters

    @property
    def failure(self) -> CaptureFailure | None:
        """Why the main stream was last interrupted, or else the substream."""
        return self._large.failure or self._small.failure

    @property
    def alive_s(self) -> float:
        """The last activity of the reader that has been inactive for longer."""
        return min(self._large.alive_s, self._small.alive_s)

    @property
    def is_software(self) -> bool:
        return self._large.is_software or self._small.is_software

    @property
    def rest_after_s(self) -> float:
        return self._settings.rest_after_s or REST_AFTER_S

    def apply_settings(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._large.apply_settings(settings)
        self._small.apply_settings(settings)

    def close(self) -> None:
        self._large.close()
        self._small.close()

    def set_activity(self, activity: ActivityLevel) -> None:
        self._activity = activity
        self._small.set_activity(
            ActivityLevel.OFF if activity is ActivityLevel.OFF else ActivityLevel.FULL
        )
        is_watched = activity is ActivityLevel.KEY_PICTURES and self._is_watched
        self._large.set_activity(ActivityLevel.BUFFERING if is_watched else activity)

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        self._large.start()
        self._small.start()
        while not self._large.is_closed:
            self.set_activity(self._activity)
            if self._is_watched:
                yield self._joined(self._small.moment())
            else:
                yield self._large.moment()

    @property
    def _is_watched(self) -> bool:
        """Whether the substream delivers pictures, synchronous with the main stream."""
        is_delayed = self._large.is_paced or self._small.is_paced
        if is_delayed and not self._delay_reported:
            self._delay_reported = True
            log.warning("capture.substream_unused", extra={"source": self.name, "reason": DELAYED})
        return self._small.state is CaptureState.STREAMING and not is_delayed

    def _joined(self, moment: Frame | FrameGap) -> Frame | FrameGap:
        if isinstance(moment, FrameGap) or self._large.state is not CaptureState.STREAMING:
            return FrameGap(moment.captured_at, moment.elapsed_s)
        self._held = self._large.take() or self._held
        large = self._held
        if large is None or moment.elapsed_s - large.elapsed_s > FRESH_S:
            self._held, large = None, None
        return Frame(
            lambda: (large or moment).image,
            moment.captured_at,
            moment.elapsed_s,
            (large or moment).index,
            luma=moment.luma,
            is_coarse=large is None,
        )
