"""The assumed week of a kind of venue, for sites without enough measurements.

These are assumptions, not measurements. The shapes follow a station (two weekday peaks, a flat
Saturday, a late Sunday); the levels are plausible. The first measured hours scale the level, two
weeks of them replace the profile; until then the interval is wide and the basis is `venue`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.forecast.history.hours import Measures, ObservedHours
from cloud.forecast.series import WEEK_H, Floats

BAND: Final = (0.45, 1.9)
"""P10 and P90 as multiples of P50, before anything has been measured."""
THURSDAY_H: Final = 3 * 24
"""1970 began on a Thursday, a week here begins on a Monday."""
MOST_TIMES: Final = 4.0
LEAST_HOURS: Final = 6
"""Measured hours that are needed before one of them can be an outlier."""
BELIEF_H: Final = 6.0
"""The assumed level weighs as much as this many observed average hours."""

# fmt: off
WEEKDAY: Final = (
    0.10, 0.04, 0.02, 0.02, 0.06, 0.30, 0.90, 2.10, 2.50, 1.50, 1.00, 0.95,
    1.10, 1.15, 1.10, 1.25, 1.65, 2.45, 2.40, 1.55, 1.05, 0.85, 0.70, 0.40,
)
SATURDAY: Final = (
    0.25, 0.12, 0.05, 0.03, 0.05, 0.15, 0.30, 0.50, 0.75, 1.00, 1.25, 1.40,
    1.50, 1.50, 1.45, 1.45, 1.45, 1.40, 1.25, 1.05, 0.90, 0.85, 0.80, 0.55,
)
SUNDAY: Final = (
    0.30, 0.12, 0.05, 0.02, 0.03, 0.08, 0.18, 0.32, 0.50, 0.75, 1.00, 1.15,
    1.25, 1.25, 1.20, 1.20, 1.15, 1.05, 0.95, 0.80, 0.65, 0.55, 0.42, 0.25,
)
# fmt: on


@dataclass(frozen=True, slots=True)
class VenueProfile:
    """An average hour: people entering, their mean stay, the share that looks, looking time."""

    name: str
    entries: float
    dwell_s: float
    onlooker_share: float
    attention_s_per_entry: float

    @property
    def mean(self) -> Measures:
        """The average hour; by Little's law the crowd is arrivals x stay."""
        return Measures(
            crowd=self.entries * self.dwell_s / 3600,
            entries=self.entries,
            onlookers=self.entries * self.onlooker_share,
            attention_s=self.entries * self.attention_s_per_entry,
        )


UNKNOWN_VENUE: Final = VenueProfile("public place", 600, 15, 0.12, 0.35)
VENUES: Final = {
    "10502": VenueProfile("underground platform", 500, 140, 0.35, 1.8),
    "10503": VenueProfile("underground concourse", 400, 9, 0.25, 0.9),
    "10602": VenueProfile("station platform", 450, 180, 0.30, 1.6),
    "10604": VenueProfile("station concourse", 1500, 25, 0.14, 0.4),
}


def find_venue(openooh: str) -> VenueProfile:
    """The kind of site by its OpenOOH id."""
    return VENUES.get(openooh, UNKNOWN_VENUE)


def build_venue_week(kind: VenueProfile, first_on: date) -> Floats:
    """The usual week of a kind of venue from the midnight of `first_on` as (measures, 168)."""
    return np.outer(kind.mean, build_week_shape(first_on))


def build_week_shape(first_on: date) -> Floats:
    """The assumed shape of a week, 168 hours with a mean of one."""
    days = [(first_on + timedelta(days=day)).weekday() for day in range(7)]
    shape = np.concatenate([{5: SATURDAY, 6: SUNDAY}.get(day, WEEKDAY) for day in days])
    scaled: Floats = shape / shape.mean()
    return scaled


def compute_venue_level(kind: VenueProfile, hours: ObservedHours, zone: ZoneInfo) -> Floats:
    """The level of each measure by the few measured hours: 1.0 is as assumed.

    Measured and assumed hours are added in average hours; the assumption counts as BELIEF_H.
    One hour far above the others is limited to `MOST_TIMES` the median hour.
    """
    monday = build_week_shape(date(2024, 1, 1))
    of_week = (hours.on_clock(zone) + THURSDAY_H) % WEEK_H
    expected = (monday[of_week] * hours.share).sum()
    measured = (_clip_outliers(hours.full, monday[of_week]) * hours.share).sum(axis=1)
    pulled: Floats = (measured / np.array(kind.mean) + BELIEF_H) / (expected + BELIEF_H)
    return pulled


def _clip_outliers(full: Floats, shape: Floats) -> Floats:
    """Measured hours (measures, hours), none above `MOST_TIMES` the median hour."""
    if full.shape[1] < LEAST_HOURS:
        return full
    scale = np.maximum(shape, 0.2)
    usual = np.median(full / scale, axis=1, keepdims=True)
    return np.where(usual > 0, np.minimum(full, MOST_TIMES * usual * scale), full)
