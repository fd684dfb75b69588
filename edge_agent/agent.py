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

from edge_agent.capture.camera import Adaptable, Camera, Finite, Rest, Restable, trouble_of
from edge_agent.capture.frame import Frame, Silence
from edge_agent.metering.meter import Arrivals, Meter
from edge_agent.metering.run_totals import Totals
from edge_agent.observers import Sensor, Witness
from edge_agent.opening_hours import open_at
from edge_agent.outbox import Link, Outbox
from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import PoseEstimator
from edge_agent.perception.networks import Networks
from edge_agent.perception.observation import Observation
from edge_agent.perception.pipeline import Watch
from edge_agent.perception.tracker import Box
from edge_agent.player.now_playing import Playing
from edge_agent.reporting.alarms import troubles
from edge_agent.reporting.reporter import Reporting, Vitals
from edge_agent.settings.camera_settings import Settings
from edge_agent.state_board import Board
from edge_agent.versions import versions_of
from wire.clock import utc_now
from wire.health import CaptureState
from wire.topics import DeviceAddress

log = logging.getLogger(__name__)


Change = tuple[Settings, Networks | None]


class Pulse(NamedTuple):
    """How a camera is at one moment; counts since it began."""

    digest: str
    captured: int
    model_faults: int
    capture: CaptureState


class Agent:
    """One camera's measuring, from `run` to the camera's end."""

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
        board: Board | None = None,
        witnesses: Sequence[Witness] = (),
        sensors: Sequence[Sensor] = (),
        playing: Playing | None = None,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._networks = detector, pose
        self._changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
        self._camera = camera
        self._watch = Watch(settings, detector, pose)
        self._meter = Meter(settings, playing)
        self._reporting = Reporting(
            address,
            versions_of(settings, detector, pose),
            outbox,
            link,
            settings.link,
            privacy=settings.privacy,
            board=board or Board(),
            clock=clock,
            steady=steady,
        )
        self._witnesses = list(witnesses)
        self._sensors = sensors
        self._arrived = Arrivals()

    @property
    def totals(self) -> Totals:
        """What was measured so far."""
        return self._reporting.totals

    @property
    def pulse(self) -> Pulse:
        """How this camera is at the moment, from any thread."""
        return Pulse(
            self._settings.digest,
            self._camera.counters.captured,
            self._watch.model_faults,
            self._camera.state,
        )

    @property
    def reads_recording(self) -> bool:
        """Whether the camera is a recording, which another run would count again."""
        return isinstance(self._camera, Finite) and self._camera.plays_once

    def apply(self, settings: Settings, networks: Networks | None = None) -> None:
        """Measure by these from the next picture on, from any thread; nothing is lost.

        The running interval ends as it was going to and keeps its digest; the next carries the new.
        """
        self._changes.put((settings, networks))

    def close(self) -> None:
        """End the run soon, from any thread."""
        self._camera.close()

    def skip_drain(self) -> None:
        """Wait for no acknowledgement at the end of the run, from any thread."""
        self._reporting.skip_drain()

    def run(self, stop: threading.Event | None = None, *, drain_s: float = 10.0) -> Totals:
        """Measure until the camera ends or `stop` is set, then see the last reports off."""
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

    def _step(self, moment: Frame | Silence) -> None:
        is_open = open_at(self._settings.schedule, moment.captured_at)
        if not is_open:
            observation = self._watch.pause()
        elif isinstance(moment, Frame):
            observation = self._watch.look(moment)
            self._show(moment, observation.heads)
        else:
            observation = self._watch.miss(moment)
        if isinstance(self._camera, Restable):
            self._camera.rest(
                self._rest(self._camera.rest_after_s, moment.elapsed_s, observation)
                if is_open
                else Rest.ASLEEP
            )
        self._note(moment, observation)
        self._report(moment, observation)
        while not self._changes.empty():
            self._adopt(*self._changes.get())

    def _adopt(self, settings: Settings, networks: Networks | None) -> None:
        self._networks = networks or self._networks
        self._watch.adopt(settings, networks)
        self._meter.adopt(settings)
        versions = versions_of(settings, *self._networks)
        self._reporting.adopt(settings.link, versions, privacy=settings.privacy)
        if isinstance(self._camera, Adaptable):
            self._camera.adopt(settings.capture)
        self._settings = settings
        log.info("agent.adopted", extra={"digest": settings.digest})

    def _rest(self, after_s: float, at_s: float, observation: Observation) -> Rest:
        if not after_s or observation.wakes or not self._watch.is_still(at_s, for_s=after_s):
            return Rest.AWAKE
        return Rest.DOZING

    def _show(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        for witness in list(self._witnesses):
            try:
                witness.see(frame, heads)
            except Exception:  # measuring is worth more than whoever looks on
                log.exception("witness.fell", extra={"witness": type(witness).__name__})
                self._witnesses.remove(witness)

    def _note(self, moment: Frame | Silence, observation: Observation) -> None:
        self._meter.observe(
            moment.captured_at,
            moment.elapsed_s,
            observation.view,
            arrivals=self._arrivals(analysed=observation.analysed),
            seen=observation.seen,
            ended=observation.ended,
            described=observation.described,
            snapshot=observation.snapshot,
        )
        for sensor in self._sensors:
            for name, value_milli in sensor.take():
                self._meter.read(name, value_milli)
        self._reporting.keep(self._meter.close_due())
        self._reporting.keep_time(moment.captured_at, moment.elapsed_s)

    def _report(self, moment: Frame | Silence, observation: Observation) -> None:
        self.totals.model_faults = self._watch.model_faults
        self._reporting.pump()
        self._reporting.beat(self._vitals())
        kinds = troubles(self._camera.state, observation.view.blind)
        if self._watch.moved:
            kinds.add("camera.moved")
        if self._watch.models_failing:
            kinds.add("models.failed")
        trouble = trouble_of(self._camera)
        cause = trouble.cause if trouble else None
        self._reporting.tell(kinds, moment.elapsed_s, moment.captured_at, cause=cause)

    def _vitals(self) -> Vitals:
        camera, trouble = self._camera, trouble_of(self._camera)
        told = str(trouble) if trouble else ""
        return Vitals(camera.name, camera.state, camera.counters, self._watch.gate, told)

    def _arrivals(self, *, analysed: int) -> Arrivals:
        counters, before = self._camera.counters, self._arrived
        self._arrived = Arrivals(counters.captured, counters.dropped)
        return Arrivals(
            counters.captured - before.captured, counters.dropped - before.dropped, analysed
        )

    def _finish(self, drain_s: float) -> None:
        self.totals.damaged = self._camera.counters.damaged
        self._meter.arrive(self._arrivals(analysed=0))
        self._reporting.keep(self._meter.close())
        for witness in self._witnesses:
            witness.close()
        self._reporting.finish(drain_s)
        log.info("agent.stopped", extra={"unacknowledged": self.totals.unacknowledged})
