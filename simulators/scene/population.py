"""People of a scene with their trajectories, sampled from a seed.

Trajectories keep heads apart where the scene allows it. In a crowd people cover one another; the
ground truth contains who was visible.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.scene.appearance import Appearance, sample_appearance
from simulators.scene.behaviour import BEHAVIOURS, TimedPath, plan_path
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Trajectory

MAX_PEOPLE: Final = 200
SHORTEST_S: Final = 12.0
LONGEST_S: Final = 3600.0
CLEAR_S: Final = 1.0  # without people at the beginning and at the end
APART_RATIO: Final = 0.09  # of the picture's width, between two heads at similar times
SAMPLED_S: Final = 0.2
ATTEMPTS: Final = 40


class PopulationError(ValueError):
    """A number of people or a length outside the limits of a scene."""


def create_population(people: int, seconds: float, seed: int, lens: Lens) -> tuple[Trajectory, ...]:
    """Create all people in order of arrival; the same arguments give the same people."""
    if not 0 <= people <= MAX_PEOPLE:
        raise PopulationError(f"{people} people cannot be drawn: use 0 to {MAX_PEOPLE}")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise PopulationError(
            f"a scene of {seconds:g} s cannot be drawn: use {SHORTEST_S:g} to {LONGEST_S:g} s"
        )
    rng = np.random.default_rng(seed)
    trajectories: list[Trajectory] = []
    spacing = HeadSpacing(seconds, lens)
    for person in range(people):
        share = (person + float(rng.uniform(0.2, 0.8))) / people
        trajectories.append(_place_person(person, share, seconds, spacing, rng))
    ordered = sorted(trajectories, key=lambda trajectory: trajectory.starts_s)
    return tuple(replace(one, person=number) for number, one in enumerate(ordered))


class HeadSpacing:
    """Horizontal head positions of all people, sampled over the scene."""

    def __init__(self, seconds: float, lens: Lens) -> None:
        self.lens = lens
        self._times = np.arange(0.0, seconds, SAMPLED_S)
        self._heads = np.empty((0, len(self._times)))

    def add(self, trajectory: Trajectory) -> None:
        """Add a person."""
        self._heads = np.vstack([self._heads, self._columns(trajectory)])

    def min_distance(self, trajectory: Trajectory) -> float:
        """Return the smallest distance to another head in frame widths; 1 without others."""
        apart = np.abs(self._heads - self._columns(trajectory))
        return float(np.nanmin(apart)) if np.isfinite(apart).any() else 1.0

    def _columns(self, trajectory: Trajectory) -> NDArray[np.float64]:
        at_s = [point.at_s for point in trajectory.waypoints]
        x = np.interp(self._times, at_s, [point.x_m for point in trajectory.waypoints])
        z = np.interp(self._times, at_s, [point.z_m for point in trajectory.waypoints])
        present = (self._times >= trajectory.starts_s) & (self._times <= trajectory.ends_s)
        return np.where(present, self.lens.focal_px * x / z / self.lens.width_px, np.nan)


def _place_person(
    person: int, share: float, seconds: float, spacing: HeadSpacing, rng: np.random.Generator
) -> Trajectory:
    """Sample several trajectories and return the one farthest from other heads."""
    appearance = sample_appearance(rng)
    best, widest = None, -1.0
    for _ in range(ATTEMPTS):
        chosen = plan_path(
            BEHAVIOURS[person % len(BEHAVIOURS)], seconds - 2 * CLEAR_S, spacing.lens, rng
        )
        start_s = CLEAR_S + share * (seconds - 2 * CLEAR_S - chosen.length_s)
        trajectory = _shift(chosen, start_s, appearance)
        gap = spacing.min_distance(trajectory)
        if gap > widest:
            best, widest = trajectory, gap
        if widest >= APART_RATIO:
            break
    assert best is not None  # every gap is at least zero
    spacing.add(best)
    return best


def _shift(chosen: TimedPath, start_s: float, appearance: Appearance) -> Trajectory:
    return Trajectory(
        person=0,
        behaviour=chosen.behaviour,
        appearance=appearance,
        waypoints=tuple(replace(point, at_s=point.at_s + start_s) for point in chosen.waypoints),
        gazes=tuple(replace(gaze, from_s=gaze.from_s + start_s) for gaze in chosen.gazes),
    )
