"""Decides whether the detector analyses a picture: motion, a live track, or a periodic check.

Motion detection misses some people, such as a person in the colours of the wall who stands still.
Faces that only a periodic check finds are counted, which estimates the recall of the gate.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.capture.frame import Image
from edge_agent.selection.background_model import BackgroundModel
from edge_agent.settings.capture import MotionSettings

Reason = Literal["track", "motion", "heartbeat"]

LEARN_INTERVAL_S: Final = 0.5  # between checks while the background model is being learned
SUSPECT_INTERVAL_S: Final = 0.5
NO_FACE_AFTER_S: Final = 3.0  # motion without any face for so long, such as a parked van or
# the place where somebody stood, soon becomes background


@dataclass(slots=True)
class GateCounters:
    """How often the detector ran, by the first reason that applied."""

    sampled: int = 0
    by_track: int = 0
    by_motion: int = 0
    by_heartbeat: int = 0
    missed: int = 0  # periodic checks that found faces without motion


class MotionGate:
    """Decides for each sampled picture whether the detector analyses it."""

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._background = BackgroundModel(settings)
        self._moved_s = self._began_s = -math.inf
        self._opened_s = self._suspected_s = -math.inf
        self._no_face_since_s = math.inf
        self._on_heartbeat = False
        self._pending_reason: Reason | None = None
        self.counters = GateCounters()

    def apply_settings(self, settings: MotionSettings, *, reset: bool) -> None:
        """Use these settings from now on; `reset` when the picture itself has changed."""
        self._settings = settings
        self._background.settings = settings
        if reset:
            self._background = BackgroundModel(settings)

    def should_analyse(
        self, picture: Image, at_s: float, *, tracks: int, is_coarse: bool = False
    ) -> bool:
        """`picture` is downscaled; `tracks` counts live tracks, unconfirmed ones included.

        A coarse picture cannot be analysed: the decision holds until a full-size one arrives.
        """
        self.movement(picture, at_s)
        reason = self._reason(at_s, tracks) or self._pending_reason
        self._pending_reason = reason if is_coarse else None
        if reason is not None and not is_coarse:
            self._count(reason)
            self._opened_s = at_s
        return reason is not None

    def movement(self, picture: Image, at_s: float) -> float:
        """Update the background model; returns the fraction of the picture that differs."""
        self.counters.sampled += 1
        if self.counters.sampled == 1:
            self._began_s = at_s
        without_faces = at_s - self._no_face_since_s >= NO_FACE_AFTER_S
        if self._background.detect_motion(picture, at_s, without_faces=without_faces):
            self._moved_s = at_s
        return self._background.movement

    def _reason(self, at_s: float, tracks: int) -> Reason | None:
        if tracks:
            return "track"
        if self._settings.always or at_s - self._moved_s <= self._settings.linger_s:
            return "motion"
        return "heartbeat" if self._due(at_s) else None

    def _count(self, reason: Reason) -> None:
        self.counters.by_track += reason == "track"
        self.counters.by_motion += reason == "motion"
        self.counters.by_heartbeat += reason == "heartbeat"
        self._on_heartbeat = reason == "heartbeat"

    def _due(self, at_s: float) -> bool:
        """Whether a periodic check is due; a suspected change brings it forward."""
        if self._background.has_suspect and at_s - self._suspected_s >= SUSPECT_INTERVAL_S:
            self._suspected_s = at_s
            return True
        interval_s = LEARN_INTERVAL_S if self._background.learning else self._settings.heartbeat_s
        return at_s - self._opened_s >= interval_s

    def still_s(self, at_s: float) -> float:
        """Seconds without motion."""
        return at_s - max(self._moved_s, self._began_s)

    def record_faces(self, faces: int) -> None:
        """Record how many faces the detector found in the analysed picture."""
        self._no_face_since_s = math.inf if faces else min(self._no_face_since_s, self._opened_s)
        if self._on_heartbeat and faces:
            self.counters.missed += 1
