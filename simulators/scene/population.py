"""Who walks through the scene and when, chosen from a seed.

People keep their distance where there is room; in a crowd they hide one another, and the truth
says who could be seen.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.scene.appearance import Looks, looks
from simulators.scene.behaviour import STORIES, Plan, plan
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Walk

MOST_PEOPLE: Final = 200
SHORTEST_S: Final = 12.0
LONGEST_S: Final = 3600.0
CLEAR_S: Final = 1.0  # nobody is in the picture at the very beginning and end
APART_RATIO: Final = 0.09  # of the picture's width, between two heads at similar times
SAMPLED_S: Final = 0.2
TRIES: Final = 40


class CastError(ValueError):
    """A number of people or a length that no scene can have."""


def cast(people: int, seconds: float, seed: int, lens: Lens) -> tuple[Walk, ...]:
    """Everybody of the scene, in order of arrival; the same for the same arguments."""
    if not 0 <= people <= MOST_PEOPLE:
        raise CastError(f"{people} people cannot be drawn: use 0 to {MOST_PEOPLE}")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise CastError(
            f"a scene of {seconds:g} s cannot be drawn: use {SHORTEST_S:g} to {LONGEST_S:g} s"
        )
    rng = np.random.default_rng(seed)
    walks: list[Walk] = []
    crowd = Crowd(seconds, lens)
    for person in range(people):
        share = (person + float(rng.uniform(0.2, 0.8))) / people
        walks.append(_placed(person, share, seconds, crowd, rng))
    ordered = sorted(walks, key=lambda walk: walk.starts_s)
    return tuple(replace(walk, person=at) for at, walk in enumerate(ordered))


class Crowd:
    """Where everybody's head is in the picture, sampled over the scene."""

    def __init__(self, seconds: float, lens: Lens) -> None:
        self.lens = lens
        self._times = np.arange(0.0, seconds, SAMPLED_S)
        self._heads = np.empty((0, len(self._times)))

    def join(self, walk: Walk) -> None:
        """Count this one in."""
        self._heads = np.vstack([self._heads, self._columns(walk)])

    def gap(self, walk: Walk) -> float:
        """Least distance from anybody's head, as a share of the picture's width; at most 1."""
        apart = np.abs(self._heads - self._columns(walk))
        return float(np.nanmin(apart)) if np.isfinite(apart).any() else 1.0

    def _columns(self, walk: Walk) -> NDArray[np.float64]:
        at_s = [point.at_s for point in walk.way]
        x = np.interp(self._times, at_s, [point.x_m for point in walk.way])
        z = np.interp(self._times, at_s, [point.z_m for point in walk.way])
        present = (self._times >= walk.starts_s) & (self._times <= walk.ends_s)
        return np.where(present, self.lens.focal_px * x / z / self.lens.width_px, np.nan)


def _placed(
    person: int, share: float, seconds: float, crowd: Crowd, rng: np.random.Generator
) -> Walk:
    """The try that comes least close to the others' heads."""
    appearance = looks(rng)
    best, widest = None, -1.0
    for _ in range(TRIES):
        chosen = plan(STORIES[person % len(STORIES)], seconds - 2 * CLEAR_S, crowd.lens, rng)
        start_s = CLEAR_S + share * (seconds - 2 * CLEAR_S - chosen.length_s)
        walk = _shifted(chosen, start_s, appearance)
        gap = crowd.gap(walk)
        if gap > widest:
            best, widest = walk, gap
        if widest >= APART_RATIO:
            break
    assert best is not None  # every gap is at least zero
    crowd.join(best)
    return best


def _shifted(chosen: Plan, start_s: float, appearance: Looks) -> Walk:
    return Walk(
        person=0,
        story=chosen.story,
        looks=appearance,
        way=tuple(replace(point, at_s=point.at_s + start_s) for point in chosen.way),
        gazes=tuple(replace(gaze, from_s=gaze.from_s + start_s) for gaze in chosen.gazes),
    )
