"""Wakes the detector: on movement, while a track is live, and on a slow heartbeat.

No gate sees everything: a person in the colours of the wall, standing still, moves nothing. What
the heartbeat finds and movement had missed is counted: a free estimate of the gate's recall.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.capture.frame import Image
from edge_agent.selection.background_model import BackgroundModel
from edge_agent.settings.capture import MotionSettings

Reason = Literal["track", "motion", "heartbeat"]

LEARN_INTERVAL_S: Final = 0.5  # looks while it is too early to tell what is the scene
SUSPECT_INTERVAL_S: Final = 0.5
NO_FACE_AFTER_S: Final = 3.0  # what was looked at for so long without any face, a parked van
# or the place where somebody stood, is learnt soon


@dataclass(slots=True)
class GateCounters:
    """How often the detector was woken, and by what. The first reason that holds is counted."""

    sampled: int = 0
    by_track: int = 0
    by_motion: int = 0
    by_heartbeat: int = 0
    missed: int = 0  # faces found by a heartbeat alone


class MotionGate:
    """Decides for each sampled picture whether the detector looks at it."""

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._background = BackgroundModel(settings)
        self._moved_s = self._began_s = -math.inf
        self._opened_s = self._suspected_s = -math.inf
        self._no_face_since_s = math.inf
        self._on_heartbeat = False
        self._pending_reason: Reason | None = None
        self.counters = GateCounters()

    def adopt(self, settings: MotionSettings, *, reset: bool) -> None:
        """Decide by these from now on; `reset` when the picture itself is another."""
        self._settings = settings
        self._background.settings = settings
        if reset:
            self._background = BackgroundModel(settings)

    def should_analyse(
        self, picture: Image, at_s: float, *, tracks: int, is_coarse: bool = False
    ) -> bool:
        """`picture` is `small`; `tracks` counts those alive, rumours included.

        At a coarse picture nobody can look: the look is owed until a whole one comes.
        """
        self.movement(picture, at_s)
        reason = self._reason(at_s, tracks) or self._pending_reason
        self._pending_reason = reason if is_coarse else None
        if reason is not None and not is_coarse:
            self._count(reason)
            self._opened_s = at_s
        return reason is not None

    def movement(self, picture: Image, at_s: float) -> float:
        """Take a picture without deciding anything; the share of it that differs."""
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
        """Whether to look without movement; a suspicion brings the next heartbeat forward."""
        if self._background.has_suspect and at_s - self._suspected_s >= SUSPECT_INTERVAL_S:
            self._suspected_s = at_s
            return True
        patience_s = LEARN_INTERVAL_S if self._background.learning else self._settings.heartbeat_s
        return at_s - self._opened_s >= patience_s

    def still_s(self, at_s: float) -> float:
        """How long nothing has moved."""
        return at_s - max(self._moved_s, self._began_s)

    def record_faces(self, faces: int) -> None:
        """Tell what the detector saw in the picture that was let through."""
        self._no_face_since_s = math.inf if faces else min(self._no_face_since_s, self._opened_s)
        if self._on_heartbeat and faces:
            self.counters.missed += 1
