"""Combine the sums of several cameras to those of their site, also while one is missing.

A camera that is expected and does not report is missing, not empty: what it would have counted is
estimated from the cameras that report, by its own usual share, which may be a tenth or nine tenths.
The share is the median over the latest hours that two cameras observed together. A camera that has
never been observed together with another has no known share; nothing is added for it, and its name
is given. Cameras that count next to nothing of a site are no basis for the others: without those,
the hour is not observed.

The result describes the usual cameras over the whole history: those that are expected now, and
optional ones that usually report. A camera that is added or removed, or an optional one that starts
to report, therefore does not look like a change of the audience.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import Flags, Floats

Integers = NDArray[np.int64]

HOUR_MS: Final = 3_600_000
PRESENT_SHARE: Final = 0.5
"""A camera that observed less of an hour is missing from it."""
COMMON_H: Final = 24
"""Hours that two cameras must have observed together before their shares are known."""
LATEST_H: Final = 13 * 168
LEAST_SHARE: Final = 0.05
"""Of the usual entries: the present cameras must count so much for the others to be estimated."""
USUAL_W: Final = 16
LATELY_W: Final = 2
USUAL_SHARE: Final = 0.5
"""An optional camera is usual when it observed more of the hours, over both stretches."""
MEASURES: Final = 4
WEEK_S: Final = 7 * 86_400

Weights = Mapping[str, tuple[float, ...]]
"""What each camera usually counts of each measure, relative to the others."""


@dataclass(frozen=True, slots=True)
class CameraHours:
    """`observed` is the observed share (cameras, hours); `full` is (measures, cameras, hours).

    `full` holds each camera's measures as if it had observed all of the hour, 0 where it has not
    observed any of it.
    """

    starts_s: Integers
    devices: tuple[str, ...]
    observed: Floats
    full: Floats

    @property
    def present(self) -> Flags:
        """Which cameras observed enough of which hours."""
        return self.observed >= PRESENT_SHARE


@dataclass(frozen=True, slots=True)
class CameraExpectation:
    """The devices whose absence is missing data, and all whose reports count when they come."""

    required: frozenset[str]
    counted: frozenset[str]

    def with_usual(self, optional: Collection[str]) -> "CameraExpectation":
        """Optional cameras that usually report are required; the others do not count.

        Where no camera is required or usual, all count.
        """
        usual = self.required | (self.counted & frozenset(optional))
        return CameraExpectation(usual, usual or self.counted)


@dataclass(frozen=True, slots=True)
class CombinedHours:
    """The site: (measures, hours), its observed share, and the share that is estimated."""

    share: Floats
    full: Floats
    estimated: Floats


def combine_cameras(
    hours: CameraHours, expected: CameraExpectation, weights: Weights
) -> CombinedHours:
    """The hours of the site from those of its cameras."""
    devices, present = hours.devices, hours.present
    is_empty = ~present.any(axis=0)
    present = present | (is_empty & (hours.observed > 0))
    weight = np.array([weights.get(name, (np.nan,) * MEASURES) for name in devices]).T
    known = np.isfinite(weight[0])
    required = np.array([name in expected.required for name in devices])
    counted = np.array([name in expected.counted for name in devices])
    own = present & counted[:, None]
    of_present = present & known[:, None]
    missing = ~present & (required & known)[:, None]
    usual = np.where(known, weight, 0)
    base = np.einsum("mc,ch->mh", usual, of_present)
    absent = np.einsum("mc,ch->mh", usual, missing)
    is_estimated = (base[0] > 0) & (absent[0] > 0)
    own |= present & ~own.any(axis=0) & ~is_estimated  # nothing but cameras that do not count
    direct = np.where(own, hours.full, 0).sum(axis=1)
    ratio = absent / np.where(base > 0, base, 1)
    added = np.where(base > 0, ratio, 0) * np.where(of_present, hours.full, 0).sum(axis=1)
    total = direct + added
    views = own.sum(axis=0) + np.where(base[0] > 0, missing.sum(axis=0), 0)
    share = np.where(present, hours.observed, 0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    too_little = (base[1] > 0) & (base[1] < LEAST_SHARE * (base[1] + absent[1]))
    share = np.where(too_little, 0.0, share)
    estimated = np.where(total[1] > 0, added[1] / np.where(total[1] > 0, total[1], 1), 0)
    return CombinedHours(
        share, np.concatenate([total[:1] / np.maximum(views, 1), total[1:]]), estimated
    )


def find_usual_optional(hours: CameraHours, expected: CameraExpectation) -> frozenset[str]:
    """The optional cameras that observed most hours of the last weeks, and of the latest two."""
    optional = expected.counted - expected.required
    if not (optional and hours.starts_s.size):
        return frozenset()
    newest_s = int(hours.starts_s[-1])
    observed = hours.present
    usual = np.ones(len(hours.devices), dtype=bool)
    for weeks in (USUAL_W, LATELY_W):
        lately = observed[:, hours.starts_s > newest_s - weeks * WEEK_S]
        usual &= lately.mean(axis=1) > USUAL_SHARE
    names = (name for name, is_usual in zip(hours.devices, usual, strict=True) if is_usual)
    return optional & frozenset(names)


def compute_usual_weights(hours: CameraHours) -> dict[str, tuple[float, ...]]:
    """What each camera counts relative to the one with the most hours, where that is known."""
    present = hours.present
    if len(hours.devices) < 2 or not present.any():
        return {}
    first = int(present.sum(axis=1).argmax())
    found = {first: np.ones(MEASURES)}
    waiting = set(range(len(hours.devices))) - {first}
    reached = [first]
    while reached:
        known = reached.pop(0)
        for camera in sorted(waiting):
            odds = _odds(hours, present, camera, known)
            if odds is not None:
                found[camera] = odds * found[known]
                waiting.discard(camera)
                reached.append(camera)
    if len(found) < 2:
        return {}
    return {hours.devices[at]: tuple(map(float, weight)) for at, weight in found.items()}


def _odds(hours: CameraHours, present: Flags, one: int, other: int) -> Floats | None:
    """What one camera counts for each that the other counts; None for too few common hours."""
    common = np.flatnonzero(present[one] & present[other])[-LATEST_H:]
    if common.size < COMMON_H:
        return None
    mine, theirs = hours.full[:, one, common], hours.full[:, other, common]
    shares = np.array([_median_share(*both) for both in zip(mine, theirs, strict=True)])
    known = shares[np.isfinite(shares)]
    if not known.size:
        return None
    shares = np.where(np.isfinite(shares), shares, np.median(known))
    odds: Floats = np.clip(shares, 0.001, 0.999) / (1 - np.clip(shares, 0.001, 0.999))
    return odds


def _median_share(mine: Floats, theirs: Floats) -> float:
    """The weighted median of one camera's share; busy hours count more, an outlier does not."""
    both = mine + theirs
    busy = both > 0
    if not busy.any():
        return float("nan")
    both, share = both[busy], mine[busy] / both[busy]
    worth = np.minimum(both, 3 * np.median(both))
    order = np.argsort(share)
    summed = np.cumsum(worth[order])
    return float(share[order][np.searchsorted(summed, summed[-1] / 2)])


def find_offline_cameras(
    devices: Sequence[str], last_s: Mapping[str, int], newest_s: int, after_s: int
) -> dict[str, int | None]:
    """Which of the devices were not observed in the last `after_s` before the newest observation.

    With the end of their last observed hour; None for one that was never observed.
    """
    return {
        name: last_s.get(name)
        for name in devices
        if name not in last_s or newest_s - last_s[name] > after_s
    }
