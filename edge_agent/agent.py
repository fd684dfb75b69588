"""The measurement loop of one camera: from frames to reports.

One thread runs the loop. The camera and the MQTT client have threads of their own and never block
it. No error in one frame ends the loop.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from edge_agent.capture.camera import (
    ActivityLevel,
    Camera,
    Finite,
    Reconfigurable,
    Throttleable,
    failure_of,
)
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.metering.meter import AudienceMeter, FrameArrivals
from edge_agent.metering.run_totals import RunTotals
from edge_agent.observers import FrameObserver, SensorReader
from edge_agent.opening_hours import is_open_at
from edge_agent.outbox import Link, Outbox
from edge_agent.perception.boxes import Box
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.networks import Networks
from edge_agent.perception.observation import Observation
from edge_agent.perception.pipeline import FramePipeline
from edge_agent.player.now_playing import PlayHistory
from edge_agent.reporting.alarms import current_faults
from edge_agent.reporting.reporter import CameraHealth, Reporter
from edge_agent.settings.camera_settings import Settings
from edge_agent.state_board import StateBoard
from edge_agent.versions import current_versions
from wire.clock import utc_now
from wire.health import CaptureState
from wire.topics import DeviceAddress

log = logging.getLogger(__name__)


SettingsChange = tuple[Settings, Networks | None]


class AgentStatus(NamedTuple):
    """The state of a camera at one moment; counts since it started."""

    digest: str
    captured: int
    model_faults: int
    capture: CaptureState


class Agent:
    """Measures with one camera until its source ends or it is closed."""

    def __init__(
        self,
        settings: Settings,
        *,
        address: DeviceAddress,
        camera: Camera,
        detector: FaceDetector,
        pose: PoseEstimator,
        outbox: Outbox,
        link: Link,
        board: StateBoard | None = None,
        observers: Sequence[FrameObserver] = (),
        sensors: Sequence[SensorReader] = (),
        playing: PlayHistory | None = None,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._networks = detector, pose
        self._changes: queue.SimpleQueue[SettingsChange] = queue.SimpleQueue()
        self._camera = camera
        self._throttleable = camera if isinstance(camera, Throttleable) else None
        self._pipeline = FramePipeline(settings, detector, pose)
        self._meter = AudienceMeter(settings, playing)
        self._reporting = Reporter(
            address,
            current_versions(settings, detector, pose),
            outbox,
            link,
            settings.link,
            privacy=settings.privacy,
            board=board or StateBoard(),
            clock=clock,
            steady=steady,
        )
        self._observers = list(observers)
        self._sensors = sensors
        self._arrived = FrameArrivals()

    @property
    def totals(self) -> RunTotals:
        """The totals of this run so far."""
        return self._reporting.totals

    @property
    def status(self) -> AgentStatus:
        """The current state of this camera; from any thread."""
        return AgentStatus(
            self._settings.digest,
            self._camera.counters.captured,
            self._pipeline.model_faults,
            self._camera.state,
        )

    @property
    def reads_recording(self) -> bool:
        """Whether the camera is a recording, which another run would count again."""
        return isinstance(self._camera, Finite) and self._camera.plays_once

    def apply(self, settings: Settings, networks: Networks | None = None) -> None:
        """Use these settings from the next picture on; from any thread, without loss.

        The current interval keeps its length and digest; the next one states the new digest.
        """
        self._changes.put((settings, networks))

    def close(self) -> None:
        """End the run soon; from any thread."""
        self._camera.close()

    def skip_drain(self) -> None:
        """Wait for no acknowledgement at the end of the run, from any thread."""
        self._reporting.skip_drain()

    def run(self, stop: threading.Event | None = None, *, drain_s: float = 10.0) -> RunTotals:
        """Measure until the camera ends or `stop` is set, then send the remaining reports."""
        self._reporting.start()
        log.info("agent.started", extra={"source": self._camera.name, "boot": self._reporting.boot})
        try:
            for moment in self._camera:
                self._step(moment)
                if stop is not None and stop.is_set():
                    break
        finally:
            self._camera.close()
            self._finish(drain_s)
        return self.totals

    def _step(self, moment: Frame | FrameGap) -> None:
        is_open = is_open_at(self._settings.schedule, moment.captured_at)
        if not is_open:
            observation = self._pipeline.pause()
        elif isinstance(moment, Frame):
            observation = self._pipeline.process(moment)
            self._show(moment, observation.heads)
        else:
            observation = self._pipeline.process_gap(moment)
        if self._throttleable is not None:
            self._throttleable.set_activity(
                self._rest(self._throttleable.rest_after_s, moment.elapsed_s, observation)
                if is_open
                else ActivityLevel.OFF
            )
        self._note(moment, observation)
        self._report(moment, observation)
        while not self._changes.empty():
            self._apply_settings(*self._changes.get())

    def _apply_settings(self, settings: Settings, networks: Networks | None) -> None:
        self._networks = networks or self._networks
        self._pipeline.apply_settings(settings, networks)
        self._meter.apply_settings(settings)
        versions = current_versions(settings, *self._networks)
        self._reporting.apply_settings(settings.link, versions, privacy=settings.privacy)
        if isinstance(self._camera, Reconfigurable):
            self._camera.apply_settings(settings.capture)
        self._settings = settings
        log.info("agent.settings_applied", extra={"digest": settings.digest})

    def _rest(self, after_s: float, at_s: float, observation: Observation) -> ActivityLevel:
        if not after_s or observation.opens_gate:
            return ActivityLevel.FULL
        is_still = self._pipeline.is_still(at_s, for_s=after_s)
        return ActivityLevel.KEY_PICTURES if is_still else ActivityLevel.FULL

    def _show(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        for observer in list(self._observers):
            try:
                observer.see(frame, heads)
            except Exception:  # an error of an observer must not end the measurement
                log.exception("observer.failed", extra={"observer": type(observer).__name__})
                self._observers.remove(observer)

    def _note(self, moment: Frame | FrameGap, observation: Observation) -> None:
        self._meter.observe(
            moment.captured_at,
            moment.elapsed_s,
            observation.view,
            arrivals=self._arrivals(analysed=observation.analysed),
            seen=observation.seen,
            ended=observation.ended,
            demographics=observation.demographics,
            snapshot=observation.snapshot,
        )
        for sensor in self._sensors:
            for name, value_milli in sensor.take_readings():
                self._meter.add_reading(name, value_milli)
        self._reporting.add_intervals(self._meter.close_due())
        self._reporting.observe_clock(moment.captured_at, moment.elapsed_s)

    def _report(self, moment: Frame | FrameGap, observation: Observation) -> None:
        self.totals.model_faults = self._pipeline.model_faults
        self._reporting.pump()
        self._reporting.beat(self._vitals())
        kinds = current_faults(self._camera.state, observation.view.cause)
        if self._pipeline.moved:
            kinds.add("camera.moved")
        if self._pipeline.models_failing:
            kinds.add("models.failed")
        trouble = failure_of(self._camera)
        cause = trouble.cause if trouble else None
        self._reporting.update_alarms(kinds, moment.elapsed_s, moment.captured_at, cause=cause)

    def _vitals(self) -> CameraHealth:
        camera, trouble = self._camera, failure_of(self._camera)
        reason = str(trouble) if trouble else ""
        return CameraHealth(camera.name, camera.state, camera.counters, self._pipeline.gate, reason)

    def _arrivals(self, *, analysed: int) -> FrameArrivals:
        counters, before = self._camera.counters, self._arrived
        self._arrived = FrameArrivals(counters.captured, counters.dropped)
        return FrameArrivals(
            counters.captured - before.captured, counters.dropped - before.dropped, analysed
        )

    def _finish(self, drain_s: float) -> None:
        self.totals.damaged = self._camera.counters.damaged
        self._meter.count_frames(self._arrivals(analysed=0))
        self._reporting.add_intervals(self._meter.close())
        for observer in self._observers:
            observer.close()
        self._reporting.finish(drain_s)
        log.info("agent.stopped", extra={"unacknowledged": self.totals.unacknowledged})
