"""The frame pipeline of one camera: image quality, motion gate, detection, tracking, attention.

Image quality is checked before the motion gate: a frozen or covered camera shows no motion either,
and its time is unobserved, not empty. A model that fails is counted and reported, and the time is
unobserved. Faces, tracks and track ids are discarded here; the meter receives only sightings.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

from edge_agent.capture.frame import Frame, FrameGap, Image
from edge_agent.perception.attention import Attention, GazeState, update_gaze
from edge_agent.perception.demographics import (
    Demographics,
    DemographicsEstimator,
    demographics_estimator_for,
)
from edge_agent.perception.face_detector import Face, FaceDetector
from edge_agent.perception.head_pose import HeadPose, PoseEstimator
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.observation import NO_DEMOGRAPHICS, EndedTracks, Observation
from edge_agent.perception.screen_geometry import gaze_estimator_for
from edge_agent.perception.sightings import Sighting, SnapshotCounts, Visibility
from edge_agent.perception.tracker import Track, Tracker
from edge_agent.perception.zones import zones_of
from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import ImageQuality, sharpness_ratio
from edge_agent.selection.motion_gate import GateCounters, MotionGate
from edge_agent.selection.snapshots import SnapshotCandidate, SnapshotCandidates
from edge_agent.settings.camera_settings import Settings
from wire.audience import BlindCause

log = logging.getLogger(__name__)


class FramePipeline:
    """The stages of one camera, from picture to sightings."""

    def __init__(self, settings: Settings, detector: FaceDetector, pose: PoseEstimator) -> None:
        self._settings = settings
        self._detector = detector
        self._pose = pose
        self._gate = MotionGate(settings.motion)
        self._quality = ImageQuality(settings.quality)
        self._tracker = Tracker(settings.tracking)
        self._estimate_gaze = gaze_estimator_for(settings)
        self._demographics = demographics_estimator_for(settings)
        self._gaze_states: dict[int, GazeState] = {}
        self._candidates = SnapshotCandidates()
        self._last = Visibility(observed=False)
        self.model_faults = 0
        self.models_failing = False

    def apply_settings(
        self, settings: Settings, networks: tuple[FaceDetector, PoseEstimator] | None
    ) -> None:
        """Use these settings from the next picture on; live tracks stay."""
        reset = settings.capture.masks != self._settings.capture.masks
        self._gate.apply_settings(settings.motion, reset=reset)
        self._quality.apply_settings(settings.quality, reset=reset)
        self._tracker.apply_settings(settings.tracking)
        self._estimate_gaze = gaze_estimator_for(settings)
        self._demographics = self._demographics_estimator(settings)
        if networks is not None:
            self._detector, self._pose = networks
        self._settings = settings

    @property
    def moved(self) -> bool:
        """Whether the view of the camera has changed."""
        return self._quality.moved

    @property
    def gate(self) -> GateCounters:
        """How often the detector ran, by reason."""
        return self._gate.counters

    def is_still(self, at_s: float, *, for_s: float) -> bool:
        """Whether there has been no track and no motion for `for_s` seconds."""
        return not self._tracker.live and self._gate.still_s(at_s) >= for_s

    def process(self, frame: Frame) -> Observation:
        """Process one picture."""
        picture = downscale(frame.luma())
        blind = self._quality.unobserved_cause(picture, frame.elapsed_s)
        if blind is not None:
            return self._without_faces(frame, Visibility(observed=False, cause=blind))
        if self._settings.snapshots.every_s:
            return self._collect_snapshot(frame, picture)
        opens = self._gate.should_analyse(
            picture, frame.elapsed_s, tracks=self._tracker.live, is_coarse=frame.is_coarse
        )
        if opens and not frame.is_coarse:
            return self._analyse(frame)
        seen = self._without_faces(frame, Visibility(observed=True))
        return seen._replace(opens_gate=opens)

    def process_gap(self, gap: FrameGap) -> Observation:
        """Process a gap without a picture."""
        if gap.resting:
            return self._without_faces(gap, self._last)
        return self._without_faces(gap, Visibility(observed=False, cause=BlindCause.OFFLINE))

    def pause(self) -> Observation:
        """The camera is outside its opening hours: end every track."""
        self._candidates.discard()
        self._last = Visibility(observed=False, cause=BlindCause.PAUSED)
        return Observation(self._last, **self._ended_tracks(self._tracker.end_all()))

    def _without_faces(self, moment: Frame | FrameGap, view: Visibility) -> Observation:
        self._last = view
        return Observation(view, **self._ended_tracks(self._tracker.expire(moment.elapsed_s)))

    def _analyse(self, frame: Frame) -> Observation:
        try:
            faces = self._detector.faces(frame.image)
            heads = self._heads(frame, faces)
        except Exception as error:  # noqa: BLE001  an error of a model must not end the measurement
            self._models_failed(error)
            return self._without_faces(frame, Visibility(observed=False))
        self.models_failing = False
        update = self._tracker.update(
            [face.box for face in faces], frame.elapsed_s, sure=[face.sure for face in faces]
        )
        seen = self._sightings(update.seen, heads, frame)
        self._gate.record_faces(len(seen))
        self._last = Visibility(observed=True)
        gone = (*update.ended, *self._tracker.expire(frame.elapsed_s))
        return Observation(
            self._last,
            analysed=1,
            seen=seen,
            heads=[*(face.box for face in faces), *self._tracker.expected(frame.elapsed_s)],
            **self._ended_tracks(gone),
        )

    def _collect_snapshot(self, frame: Frame, picture: Image) -> Observation:
        """Keep the picture as a candidate; analyse the candidates of a period that has ended."""
        movement = self._gate.movement(picture, frame.elapsed_s)
        seen = self._without_faces(frame, Visibility(observed=False))
        if frame.is_coarse:
            return seen._replace(opens_gate=True)
        candidate = SnapshotCandidate(frame, movement, sharpness_ratio(picture))
        candidates = self._candidates.offer(candidate, self._settings.snapshots.every_s)
        if not candidates:
            return seen
        try:
            snapshot = self._snapshot(candidates)
        except Exception as error:  # noqa: BLE001  an error of a model must not end the measurement
            self._models_failed(error)
            return seen
        self.models_failing = False
        return seen._replace(analysed=len(candidates), snapshot=snapshot)

    def _snapshot(self, candidates: Sequence[SnapshotCandidate]) -> SnapshotCounts:
        looks = [
            ([face for face in self._detector.faces(one.frame.image) if face.sure], one)
            for one in candidates
        ]
        faces, best = max(looks, key=lambda look: (len(look[0]), look[1].score))
        size_px = best.frame.width_px, best.frame.height_px
        attention = [
            update_gaze(
                None, self._estimate_gaze(head, face.box, size_px), 0.0, self._settings.attention
            ).attention
            for head, face in zip(self._heads(best.frame, faces), faces, strict=True)
        ]
        looking, facing = attention.count(Attention.LOOKING), attention.count(Attention.FACING)
        return SnapshotCounts(best.frame.elapsed_s, len(faces), facing + looking, looking)

    def _heads(self, frame: Frame, faces: Sequence[Face]) -> Sequence[HeadPose]:
        heads = self._pose.poses(frame.image, faces) if faces else []
        if len(heads) != len(faces):
            raise ValueError(f"{len(heads)} poses for {len(faces)} faces")
        return heads

    def _sightings(
        self, tracks: Sequence[Track | None], heads: Sequence[HeadPose], frame: Frame
    ) -> list[Sighting]:
        sightings = []
        size_px = frame.width_px, frame.height_px
        for track, head in zip(tracks, heads, strict=True):
            if track is None:
                continue
            before = self._gaze_states.get(track.id)
            chances = self._estimate_gaze(head, track.box, size_px)
            gaze = update_gaze(before, chances, frame.elapsed_s, self._settings.attention)
            self._gaze_states[track.id] = gaze
            if self._demographics is not None:
                self._demographics.offer(track.id, frame.image, track.box, head)
            zones = zones_of(track.box, size_px, self._settings.zones)
            sightings.append(
                Sighting(track.id, track.confirmed, gaze.attention, zones, gaze.looking_ratio)
            )
        return sightings

    def _ended_tracks(self, tracks: Iterable[Track]) -> EndedTracks:
        gone = list(tracks)
        for track in gone:
            self._gaze_states.pop(track.id, None)
        return {
            "ended": [track.id for track in gone],
            "demographics": self._estimate_demographics(gone),
        }

    def _estimate_demographics(self, gone: Iterable[Track]) -> Mapping[int, Demographics]:
        """Classify each ended track once; the pictures of unconfirmed tracks are discarded."""
        if self._demographics is None:
            return NO_DEMOGRAPHICS
        estimates = {}
        for track in gone:
            if not track.confirmed:
                self._demographics.discard(track.id)
                continue
            try:
                estimates[track.id] = self._demographics.estimate(track.id)
            except Exception as error:  # noqa: BLE001  a person without demographics is still counted
                self._models_failed(error)
        return estimates

    def _demographics_estimator(self, settings: Settings) -> DemographicsEstimator | None:
        """The estimator from now on; a new one does not know the tracks of the one before."""
        if (settings.privacy, settings.models) == (self._settings.privacy, self._settings.models):
            return self._demographics
        try:
            return demographics_estimator_for(settings)
        except ModelError as error:  # counting continues without demographics
            log.error("demographics.refused", extra={"reason": str(error)})
            return None

    def _models_failed(self, error: Exception) -> None:
        self.model_faults += 1
        if not self.models_failing:
            self.models_failing = True
            log.error("models.failed", exc_info=error, extra={"detector": self._detector.name})
