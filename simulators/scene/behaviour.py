"""Behaviour of a person in front of the screen, as waypoints and gazes.

Gazes are either well on the screen (within 10 degrees) or well off it (beyond 32), so that the
ground truth is unambiguous. A glance lasts longer than the second that defines an onlooker.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from simulators.scene.lens import Lens
from simulators.scene.trajectory import Gaze, Waypoint

OUTSIDE_M: Final = 0.6  # beyond the frame's edge, so that people do not appear inside it


class Behaviour(StrEnum):
    """Four kinds of behaviour."""

    PASSES = "passes"  # the face is visible, never looks
    GLANCES = "glances"  # looks while walking
    STOPS = "stops"  # stops and looks, and may use a telephone in between
    LEAVES = "leaves"  # walks away, shows the back of the head


BEHAVIOURS: Final = (
    Behaviour.STOPS,
    Behaviour.GLANCES,
    Behaviour.PASSES,
    Behaviour.GLANCES,
    Behaviour.STOPS,
    Behaviour.LEAVES,
)


@dataclass(frozen=True, slots=True)
class TimedPath:
    """Waypoints and gazes relative to their start: seconds count from 0."""

    behaviour: Behaviour
    waypoints: tuple[Waypoint, ...]
    gazes: tuple[Gaze, ...]

    @property
    def length_s(self) -> float:
        """Return the duration of the path."""
        return self.waypoints[-1].at_s


def plan_path(
    behaviour: Behaviour, longest_s: float, lens: Lens, rng: np.random.Generator
) -> TimedPath:
    """Sample one path of this behaviour that takes at most `longest_s`."""
    return {
        Behaviour.PASSES: _passes,
        Behaviour.GLANCES: _glances,
        Behaviour.STOPS: _stops,
        Behaviour.LEAVES: _leaves,
    }[behaviour](longest_s, lens, rng)


def _passes(longest_s: float, lens: Lens, rng: np.random.Generator) -> TimedPath:
    way = _crossing(rng.uniform(2.0, 5.2), longest_s, lens, rng)
    return TimedPath(Behaviour.PASSES, way, (_ahead(0.0, way, rng),))


def _glances(longest_s: float, lens: Lens, rng: np.random.Generator) -> TimedPath:
    way = _crossing(rng.uniform(2.6, 5.2), longest_s, lens, rng)
    length_s = way[-1].at_s
    from_s = length_s * rng.uniform(0.22, 0.32)
    until_s = from_s + min(rng.uniform(1.7, 3.0), length_s * 0.45)
    return TimedPath(
        Behaviour.GLANCES,
        way,
        (_ahead(0.0, way, rng), _screen(from_s, rng), _ahead(until_s, way, rng)),
    )


def _stops(longest_s: float, lens: Lens, rng: np.random.Generator) -> TimedPath:
    z = rng.uniform(1.5, 4.2)
    way = _crossing(z, longest_s * 0.6, lens, rng)
    stand_s = min(rng.uniform(3.0, 9.0), longest_s - way[-1].at_s)
    middle_s = way[-1].at_s * rng.uniform(0.35, 0.65)
    x, z = _between(way, middle_s)
    stop, go = Waypoint(middle_s, x, z), Waypoint(middle_s + stand_s, x, z)
    end = Waypoint(way[1].at_s + stand_s, way[1].x_m, way[1].z_m)
    path = (way[0], stop, go, end)
    gazes = [_ahead(0.0, path, rng), _screen(middle_s - 0.4, rng)]
    if stand_s > 6.0:
        gazes += [_telephone(middle_s + stand_s * 0.4, rng), _screen(middle_s + stand_s * 0.7, rng)]
    gazes.append(_ahead(go.at_s, path, rng))
    return TimedPath(Behaviour.STOPS, path, tuple(gazes))


def _leaves(longest_s: float, lens: Lens, rng: np.random.Generator) -> TimedPath:
    """Return a path from near the camera at one side to the far end at the other side."""
    side = _side(rng)
    near, far = rng.uniform(1.8, 2.4), rng.uniform(5.5, 6.5)
    first = Waypoint(0.0, -side * (lens.edge_m(near) + OUTSIDE_M), near)
    last_x = side * (lens.edge_m(far) + OUTSIDE_M)
    last = Waypoint(_time_s(first, last_x, far, longest_s, rng), last_x, far)
    turned = side * float(rng.uniform(145, 170))
    return TimedPath(Behaviour.LEAVES, (first, last), (Gaze(0.0, turned, 0.0),))


def _crossing(
    z_m: float, longest_s: float, lens: Lens, rng: np.random.Generator
) -> tuple[Waypoint, Waypoint]:
    """Return a straight path through the picture from one side to the other, slightly oblique."""
    side, slant = _side(rng), rng.uniform(-0.4, 0.4)
    from_z, to_z = z_m + slant, z_m - slant
    first = Waypoint(0.0, -side * (lens.edge_m(from_z) + OUTSIDE_M), from_z)
    last_x = side * (lens.edge_m(to_z) + OUTSIDE_M)
    return first, Waypoint(_time_s(first, last_x, to_z, longest_s, rng), last_x, to_z)


def _time_s(
    first: Waypoint, x_m: float, z_m: float, longest_s: float, rng: np.random.Generator
) -> float:
    metres = float(np.hypot(x_m - first.x_m, z_m - first.z_m))
    return min(metres / float(rng.uniform(0.85, 1.4)), longest_s)


def _between(waypoints: tuple[Waypoint, Waypoint], at_s: float) -> tuple[float, float]:
    share = at_s / waypoints[1].at_s
    x, z = (waypoints[0].x_m, waypoints[0].z_m), (waypoints[1].x_m, waypoints[1].z_m)
    return x[0] + (z[0] - x[0]) * share, x[1] + (z[1] - x[1]) * share


def _ahead(from_s: float, waypoints: tuple[Waypoint, ...], rng: np.random.Generator) -> Gaze:
    """Return a gaze in walking direction; the face is still visible."""
    side = 1.0 if waypoints[-1].x_m > waypoints[0].x_m else -1.0
    return Gaze(from_s, side * float(rng.uniform(34, 50)), float(rng.uniform(-6, 2)))


def _screen(from_s: float, rng: np.random.Generator) -> Gaze:
    return Gaze(from_s, float(rng.uniform(-8, 8)), float(rng.uniform(-5, 6)))


def _telephone(from_s: float, rng: np.random.Generator) -> Gaze:
    return Gaze(from_s, float(rng.uniform(-8, 8)), float(rng.uniform(-44, -40)))


def _side(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0
