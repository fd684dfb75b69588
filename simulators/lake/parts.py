"""Parts of the reports: demographics of a quarter of an hour, creatives of the loop, sensors.

`reports` of a part are the numbers of the reports that its rows belong to, in order. A camera
describes visits in groups that are large enough, so demographics are in one report of a quarter.
Creatives and sensors are reported at one location in ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from simulators.lake.availability import ReportedIntervals
from simulators.lake.history import MICROSECONDS, DaySlots, Flags, Ints
from simulators.lake.visits import VisitSums
from simulators.synthetic.footfall_model import PATTERNS, SyntheticSite
from wire.audience import AgeGroup, Gender

CELLS: Final = (
    (AgeGroup.FROM_18, Gender.FEMALE, 0.09), (AgeGroup.FROM_18, Gender.MALE, 0.10),
    (AgeGroup.FROM_25, Gender.FEMALE, 0.15), (AgeGroup.FROM_25, Gender.MALE, 0.16),
    (AgeGroup.FROM_35, Gender.FEMALE, 0.12), (AgeGroup.FROM_35, Gender.MALE, 0.12),
    (AgeGroup.FROM_45, Gender.FEMALE, 0.08), (AgeGroup.FROM_45, Gender.MALE, 0.08),
    (AgeGroup.FROM_55, Gender.FEMALE, 0.05), (AgeGroup.FROM_55, Gender.MALE, 0.05),
)  # fmt: skip
MIN_CELL_VISITS: Final = 5
DESCRIBED_RATIO: Final = 0.8
ENGAGED_RATIO: Final = 0.7  # of those who look, look for a second or more
QUARTER_S: Final = 900
SPOTS: Final = 6
SPOT_S: Final = 10
LOOP_S: Final = SPOTS * SPOT_S
CREATIVES: Final = 30
SENSOR_EVERY_S: Final = 10


@dataclass(frozen=True, slots=True)
class PartRows:
    """Rows of a part: for each the number of its report, and its own columns."""

    reports: Ints
    columns: dict[str, Any]


def draw_demographics(
    sites: Sequence[SyntheticSite],
    slots: DaySlots,
    intervals: ReportedIntervals,
    sums: VisitSums,
    rng: np.random.Generator,
) -> PartRows:
    """The described visits of each camera and quarter of an hour, in its last report."""
    quarter = slots.starts_us[intervals.slots] // (QUARTER_S * MICROSECONDS)
    keys = intervals.sites << np.int64(32) | quarter
    lasts = np.flatnonzero(np.diff(keys, append=-1))
    totals = np.diff(np.cumsum(sums.visits)[lasts], prepend=0)
    shares = np.array([*(share for _, _, share in CELLS)])
    counts = rng.multinomial(rng.binomial(totals, DESCRIBED_RATIO), shares)
    of_group, of_cell = np.nonzero(counts >= MIN_CELL_VISITS)
    visits = counts[of_group, of_cell]
    reports = lasts[of_group]
    looking = np.array([ENGAGED_RATIO * PATTERNS[one.profile].looking_share for one in sites])
    columns = {
        "age": pa.array([age.value for age, _, _ in CELLS]).take(pa.array(of_cell)),
        "gender": pa.array([gender.value for _, gender, _ in CELLS]).take(pa.array(of_cell)),
        "visits": visits,
        "onlookers": rng.binomial(visits, looking[intervals.sites[reports]]),
    }
    return PartRows(reports, columns)


def list_creatives(
    sites: Sequence[SyntheticSite],
    slots: DaySlots,
    intervals: ReportedIntervals,
    sums: VisitSums,
) -> PartRows:
    """The plays of each report's loop, and the times of the report divided among them."""
    equipped = np.flatnonzero(_find_equipped(sites)[intervals.sites])
    equipped = equipped[intervals.observed_ms[equipped] > 0]
    starts_s = slots.starts_us[intervals.slots[equipped]] // MICROSECONDS
    spots = np.arange(SPOTS)
    plays = _count_starts(starts_s, slots.interval_s, spots)
    shown_s = _count_shown(starts_s + slots.interval_s, spots) - _count_shown(starts_s, spots)
    of_row, of_spot = np.nonzero(shown_s)
    first = np.array([site.digest(slots.day)[2] % (CREATIVES - SPOTS) for site in sites])
    reports = equipped[of_row]
    names = pa.array([f"CR-{number:04d}" for number in range(CREATIVES)])
    observed, looking, glancing, unsure, other = (
        _divide(values[equipped], shown_s)[of_row, of_spot]
        for values in (
            intervals.observed_ms, sums.looking_ms, sums.facing_ms - sums.looking_ms,
            sums.unsure_ms, sums.person_ms - sums.facing_ms - sums.unsure_ms,
        )
    )  # fmt: skip
    columns = {
        "creative": names.take(pa.array(first[intervals.sites[reports]] + of_spot)),
        "plays": plays[of_row, of_spot],
        "observed_ms": observed,
        "person_ms": looking + glancing + unsure + other,
        "facing_ms": looking + glancing,
        "looking_ms": looking,
        "unsure_ms": unsure,
    }
    return PartRows(reports, columns)


def draw_sensors(
    sites: Sequence[SyntheticSite],
    slots: DaySlots,
    intervals: ReportedIntervals,
    rng: np.random.Generator,
) -> PartRows:
    """Temperature and brightness in each report."""
    equipped = np.flatnonzero(_find_equipped(sites)[intervals.sites])
    hours = slots.local_hours[intervals.slots[equipped]]
    daylight = np.maximum(0, np.sin((hours - 6) / 12 * np.pi))
    means = np.stack([12_000 + 8_000 * daylight, 20_000 + 600_000 * daylight], axis=1)
    means = (means * rng.uniform(0.9, 1.1, means.shape)).astype(np.int64).ravel()
    spread = means // 20
    samples = np.full(len(means), max(1, slots.interval_s // SENSOR_EVERY_S))
    columns = {
        "sensor": pa.array(["celsius", "lux"]).take(pa.array(np.arange(len(means)) % 2)),
        "samples": samples,
        "total_milli": samples * means,
        "least_milli": means - spread,
        "most_milli": means + spread,
    }
    return PartRows(np.repeat(equipped, 2), columns)


def _find_equipped(sites: Sequence[SyntheticSite]) -> Flags:
    """Whether each site reports creatives and sensors."""
    return np.array([site.address.location.endswith("0") for site in sites])


def _count_starts(starts_s: Ints, length_s: int, spots: Ints) -> Ints:
    """How often each spot of the loop starts in an interval, by report and spot."""
    offsets = starts_s[:, None] - SPOT_S * spots - 1
    return np.asarray((offsets + length_s) // LOOP_S - offsets // LOOP_S)


def _count_shown(until_s: Ints, spots: Ints) -> Ints:
    """Seconds that each spot was shown before an instant, by report and spot."""
    rest = np.clip(until_s[:, None] % LOOP_S - SPOT_S * spots, 0, SPOT_S)
    return np.asarray(until_s[:, None] // LOOP_S * SPOT_S + rest)


def _divide(values: Ints, weights: Ints) -> Ints:
    """Divide each value in proportion to its weights; the parts add up to the value."""
    until = np.cumsum(weights, axis=1)
    bounds = values[:, None] * until // until[:, -1:]
    return np.diff(bounds, axis=1, prepend=0)
