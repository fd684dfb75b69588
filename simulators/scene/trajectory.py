"""Trajectory of one person: position, speed and head direction over time.

The angles of the head are relative to the line to the camera: a gaze of 0, 0 points at the lens.
Between two gazes the head turns smoothly within TURN_S, so that it spends little time at angles
between looking and not looking.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.scene.appearance import Appearance
from simulators.scene.lens import yaw_to_camera

TURN_S: Final = 0.35
STRIDE_M: Final = 0.75
EYES_BELOW_CROWN_CM: Final = 11.5
STILL_M_S: Final = 0.15
STOPPING_S: Final = 0.8  # from walking to standing
SPREAD: Final = np.linspace(-0.5, 0.5, 7)


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the person is at an instant of the clip."""

    at_s: float
    x_m: float
    z_m: float


@dataclass(frozen=True, slots=True)
class Gaze:
    """From this instant the head points there, until the next gaze."""

    from_s: float
    yaw_deg: float
    pitch_deg: float


@dataclass(frozen=True, slots=True)
class Pose:
    """A person at one instant; angles are relative to the line to the camera."""

    x_m: float
    z_m: float
    eyes_m: float
    yaw_deg: float
    pitch_deg: float
    body_yaw_deg: float
    speed_m_s: float
    stride_ratio: float  # of a double step: 0 and 0.5 both feet together


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A person's appearance, waypoints and gazes, in order of time."""

    person: int
    behaviour: str
    appearance: Appearance
    waypoints: tuple[Waypoint, ...]
    gazes: tuple[Gaze, ...]

    @property
    def starts_s(self) -> float:
        """Start of the trajectory, outside the frame."""
        return self.waypoints[0].at_s

    @property
    def ends_s(self) -> float:
        """End of the trajectory, outside the frame."""
        return self.waypoints[-1].at_s

    def at(self, at_s: float) -> Pose | None:
        """Return the person at an instant; None before the start and after the end."""
        if not self.starts_s <= at_s <= self.ends_s:
            return None
        x, z = self._place(at_s)
        before, after = self._place(at_s - 0.2), self._place(at_s + 0.2)
        along = (after[0] - before[0]) / 0.4, (after[1] - before[1]) / 0.4
        speed = math.hypot(*along)
        yaw, pitch = self._head(at_s)
        stride = self._walked(at_s) / (2 * STRIDE_M) % 1.0
        bob = 0.015 * math.cos(4 * math.pi * stride) * min(1.0, speed)
        return Pose(
            x_m=x,
            z_m=z,
            eyes_m=(self.appearance.height_cm - EYES_BELOW_CROWN_CM) / 100 + bob,
            yaw_deg=yaw,
            pitch_deg=pitch,
            body_yaw_deg=yaw_to_camera(x, z, *along) if speed > STILL_M_S else yaw / 2,
            speed_m_s=speed,
            stride_ratio=stride,
        )

    def _place(self, at_s: float) -> tuple[float, float]:
        times = [point.at_s for point in self.waypoints]
        around = at_s + STOPPING_S * SPREAD
        x = np.interp(around, times, [point.x_m for point in self.waypoints])
        z = np.interp(around, times, [point.z_m for point in self.waypoints])
        return float(x.mean()), float(z.mean())

    def _walked(self, at_s: float) -> float:
        pairs = zip(self.waypoints, self.waypoints[1:], strict=False)
        gone = np.cumsum([0.0] + [math.hypot(b.x_m - a.x_m, b.z_m - a.z_m) for a, b in pairs])
        return float(np.interp(at_s, [point.at_s for point in self.waypoints], gone))

    def _head(self, at_s: float) -> tuple[float, float]:
        yaw, pitch = self.gazes[0].yaw_deg, self.gazes[0].pitch_deg
        for gaze in self.gazes[1:]:
            share = _ease((at_s - gaze.from_s) / TURN_S)
            yaw += (gaze.yaw_deg - yaw) * share
            pitch += (gaze.pitch_deg - pitch) * share
        return yaw, pitch


def _ease(ratio: float) -> float:
    """Return the minimum-jerk transition from 0 to 1."""
    t = min(1.0, max(0.0, ratio))
    return t * t * t * (10 - 15 * t + 6 * t * t)
