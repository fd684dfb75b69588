"""The loop that joins the rooms in the order of the frame: from light to a sealed report.

One thread does everything here; the camera and the link have their own and never make this one
wait. Quality is judged before the gate, for a frozen or covered camera shows no motion either and
must not pass for an empty street. Nothing a frame does can end the loop: a model that fails is
counted and told, and the time is left unmeasured. Faces, tracks and ids end in this file.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from edge_agent.attention import Regard, judge
from edge_agent.capture.camera import Camera, Restable
from edge_agent.detect import Face, FaceDetector, load_detector
from edge_agent.frame import Frame, Silence
from edge_agent.health import Alarms, rss_bytes, troubles
from edge_agent.meter import Arrivals, Meter, Sighting, Tally, View
from edge_agent.meter import Totals as Totals
from edge_agent.motion import Gate, small
from edge_agent.outbox import Courier, Link, Outbox, OutboxError
from edge_agent.pose import HeadPose, PoseEstimator, load_pose
from edge_agent.quality import Quality
from edge_agent.settings import Settings
from edge_agent.track import Track, Tracker
from wire.audience import BlindCause, Versions
from wire.envelope import alarm_event, heartbeat_event, seal
from wire.health import Heartbeat
from wire.topics import Address, Channel

log = logging.getLogger(__name__)

DRAIN_STEP_S: Final = 0.02
UNSTORED_KEPT: Final = 2880  # a day of half minutes in memory, should the disk refuse them


def utc_now() -> datetime:
    return datetime.now(UTC)


class Agent:
    """One camera's measuring, from `run` to the camera's end."""

    def __init__(
        self,
        settings: Settings,
        *,
        address: Address,
        camera: Camera,
        detector: FaceDetector,
        pose: PoseEstimator,
        outbox: Outbox,
        link: Link,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.totals = Totals()
        self._settings = settings
        self._address = address
        self._camera = camera
        self._detector = detector
        self._pose = pose
        self._outbox = outbox
        self._link = link
        self._clock = clock
        self._steady = steady
        self._versions = Versions(
            agent=agent_version(),
            detector=f"{detector.name}:{detector.version}",
            attention=f"{pose.name}:{pose.version}",
            config=settings.digest,
        )
        self._gate = Gate(settings.motion)
        self._quality = Quality(settings.quality)
        self._tracker = Tracker(settings.tracking)
        self._regards: dict[int, Regard] = {}
        self._meter = Meter(settings)
        self._courier = Courier(outbox, link, settings.link)
        self._alarms = Alarms(address)
        self._unstored: deque[Tally] = deque(maxlen=UNSTORED_KEPT)
        self._arrived = Arrivals()
        self._view = View(observed=False)
        self._boot = secrets.token_hex(8)
        self._started_s = steady()
        self._beat_s = -settings.link.heartbeat_s
        self._models_failing = False
        self._disk_failing = False

    def run(self, stop: threading.Event | None = None, *, drain_s: float = 10.0) -> Totals:
        """Measure until the camera ends or `stop` is set, then see the last reports off."""
        self._link.start()
        log.info("agent.started", extra={"source": self._camera.name, "boot": self._boot})
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
        if isinstance(moment, Frame):
            blind = self._measure(moment)
            self._rest_when_still(moment.elapsed_s)
        elif moment.resting:
            blind = self._view.blind
            self._note(moment, self._view)
        else:
            blind = BlindCause.OFFLINE
            self._note(moment, View(observed=False, blind=blind))
        for tally in self._meter.close_due():
            self._unstored.append(tally)
        self._dispatch()
        self._tell_troubles(moment, blind)

    def _measure(self, frame: Frame) -> BlindCause | None:
        picture = small(frame.luma())
        blind = self._quality.blindness(picture, frame.elapsed_s)
        if blind is not None:
            self._note(frame, View(observed=False, blind=blind))
        elif self._gate.opens(picture, frame.elapsed_s, tracks=self._tracker.live):
            self._look(frame)
        else:
            self._note(frame, View(observed=True))
        return blind

    def _rest_when_still(self, at_s: float) -> None:
        rest_after_s = self._settings.capture.rest_after_s
        if rest_after_s and isinstance(self._camera, Restable):
            still = not self._tracker.live and self._gate.still_s(at_s) >= rest_after_s
            self._camera.rest(still)

    def _look(self, frame: Frame) -> None:
        try:
            faces = self._detector.faces(frame.image)
            heads = self._heads(frame, faces)
        except Exception as error:  # noqa: BLE001  a model's fault must not end the measuring
            self._models_failed(error)
            self._note(frame, View(observed=False))
            return
        self._models_failing = False
        update = self._tracker.update(
            [face.box for face in faces], frame.elapsed_s, sure=[face.sure for face in faces]
        )
        seen = self._regarded(update.seen, heads, frame.elapsed_s)
        self._gate.found(len(seen))
        self._note(frame, View(observed=True), analysed=1, seen=seen, ended=update.ended)

    def _heads(self, frame: Frame, faces: Sequence[Face]) -> Sequence[HeadPose]:
        heads = self._pose.poses(frame.image, faces) if faces else []
        if len(heads) != len(faces):
            raise ValueError(f"{len(heads)} poses for {len(faces)} faces")
        return heads

    def _regarded(
        self, tracks: Sequence[Track | None], heads: Sequence[HeadPose], at_s: float
    ) -> list[Sighting]:
        sightings = []
        for track, head in zip(tracks, heads, strict=True):
            if track is None:
                continue
            before = self._regards.get(track.id)
            regard = judge(before, head, at_s, self._settings.attention)
            self._regards[track.id] = regard
            sightings.append(Sighting(track.id, track.confirmed, regard.verdict))
        return sightings

    def _note(
        self,
        moment: Frame | Silence,
        view: View,
        *,
        analysed: int = 0,
        seen: Sequence[Sighting] = (),
        ended: Iterable[Track] = (),
    ) -> None:
        self._view = view
        gone = [track.id for track in (*ended, *self._tracker.expire(moment.elapsed_s))]
        for track in gone:
            self._regards.pop(track, None)
        self._meter.observe(
            moment.captured_at,
            moment.elapsed_s,
            view,
            arrivals=self._arrivals(analysed=analysed),
            seen=seen,
            ended=gone,
        )

    def _arrivals(self, *, analysed: int) -> Arrivals:
        counters, before = self._camera.counters, self._arrived
        self._arrived = Arrivals(counters.captured, counters.dropped)
        return Arrivals(
            counters.captured - before.captured, counters.dropped - before.dropped, analysed
        )

    def _models_failed(self, error: Exception) -> None:
        self.totals.model_faults += 1
        if not self._models_failing:
            self._models_failing = True
            log.error("models.failed", exc_info=error, extra={"detector": self._versions.detector})

    def _dispatch(self) -> None:
        """Store, tell and send what is due. A disk in trouble is told of once, and tried again."""
        try:
            self._store()
            self._beat()
            self._courier.pump(self._steady())
        except OutboxError as error:
            if not self._disk_failing:
                log.error("outbox.failed", extra={"reason": str(error)})
            self._disk_failing = True
        else:
            self._disk_failing = False

    def _store(self) -> None:
        while self._unstored:
            tally = self._unstored[0]
            try:
                self.totals.add(
                    self._outbox.put(partial(tally.report, self._address, self._versions))
                )
            except ValueError as error:  # a fault of ours, which must not cost the next report
                log.error("report.contradicts", extra={"reason": str(error), "tally": repr(tally)})
            self._unstored.popleft()

    def _tell_troubles(self, moment: Frame | Silence, blind: BlindCause | None) -> None:
        kinds = troubles(self._camera.state, blind)
        if self._quality.moved:
            kinds.add("camera.moved")
        if self._models_failing:
            kinds.add("models.failed")
        if self._disk_failing:
            kinds.add("outbox.failed")
        for alarm in self._alarms.watch(kinds, moment.elapsed_s, moment.captured_at):
            log.warning("alarm", extra={"kind": alarm.kind, "state": str(alarm.state)})
            self._courier.notice(Channel.ALARM, seal(alarm_event(alarm)))

    def _beat(self) -> None:
        now_s = self._steady()
        if not self._link.connected or now_s - self._beat_s < self._settings.link.heartbeat_s:
            return
        self._beat_s = now_s
        self._link.send(Channel.HEARTBEAT, seal(heartbeat_event(self._heartbeat(now_s))))
        log.info("agent.gate", extra=asdict(self._gate.counters))

    def _heartbeat(self, now_s: float) -> Heartbeat:
        counters = self._camera.counters
        return Heartbeat(
            location=self._address.location,
            device=self._address.device,
            journal=self._outbox.journal,
            boot=self._boot,
            sent_at=self._clock(),
            uptime_ms=round((now_s - self._started_s) * 1000),
            capture=self._camera.state,
            frames_captured=counters.captured,
            frames_analysed=self.totals.analysed,
            reconnects=counters.reconnects,
            outbox_reports=self._outbox.depth,
            outbox_oldest_at=self._outbox.oldest_at,
            next_sequence=self._outbox.next_sequence,
            rss_bytes=rss_bytes(),
            versions=self._versions,
        )

    def _finish(self, drain_s: float) -> None:
        self._meter.arrive(self._arrivals(analysed=0))
        self._unstored.extend(self._meter.close())
        give_up_s = self._steady() + drain_s
        self._dispatch()
        while self._unsettled() and self._steady() < give_up_s:
            time.sleep(DRAIN_STEP_S)
            self._dispatch()
        self.totals.unacknowledged = self._unsettled()
        self._link.stop()
        log.info("agent.stopped", extra={"unacknowledged": self.totals.unacknowledged})

    def _unsettled(self) -> int:
        """Reports of which the cloud has not said that they are safe."""
        try:
            return self._outbox.depth + len(self._unstored)
        except OutboxError:
            return len(self._unstored)


def models_for(settings: Settings) -> tuple[FaceDetector, PoseEstimator]:
    """The models that the settings name, opened and tried once."""
    models = settings.models
    detector = load_detector(
        models.detector, input_px=models.input_px, threshold=models.threshold, doubtful=True
    )
    return detector, load_pose(models.attention)


def agent_version() -> str:
    """The installed version of this program."""
    try:
        return version("onlooker")
    except PackageNotFoundError:
        return "unknown"
