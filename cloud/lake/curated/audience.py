"""The audience by location and hour: sums, and rates in thousandths. Days and hours are UTC.

A figure is null where it is unknown: no report, or no time observed. Local columns and expected
time are null for a location that the sites file does not list.
"""

from itertools import pairwise
from typing import Final

import pyarrow as pa

from cloud.database import ATTENTION, BLIND, DWELL
from cloud.lake.tables import LakeColumn, LakeTable, Zone
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

INT64: Final = pa.int64()


def count(name: str, description: str, *, nullable: bool = True) -> LakeColumn:
    """A column of whole numbers; null where the figure is unknown."""
    return LakeColumn(name, INT64, description, nullable)


def _describe_buckets(what: str, edges_ms: tuple[int, ...]) -> list[str]:
    bounds = [0, *edges_ms]
    closed = [
        f"ended visits with {what} from {first} to below {end} ms"
        for first, end in pairwise(bounds)
    ]
    return [*closed, f"ended visits with {what} of {bounds[-1]} ms or more"]


LOCATION: Final = LakeColumn(
    "location", pa.string(), "present id of the location; as reported where no site has it"
)
HOUR: Final = (
    count("hour", "hour of the UTC day, 0 to 23", nullable=False),
    count("weekday", "day of the week of the UTC day: 1 is Monday, 7 Sunday", nullable=False),
    LakeColumn("local_date", pa.date32(), "local date at the start of the UTC hour", nullable=True),
    count("local_hour", "local hour at the start of the UTC hour, 0 to 23"),
    count("local_weekday", "day of the week of the local date: 1 is Monday, 7 Sunday"),
)
OBSERVATION: Final = (
    count("observed_ms", "camera time that was measured; 0 without a report", nullable=False),
    count("expected_ms", "camera time of all cameras that the sites file expects"),
)
FIGURES: Final = {
    "person_ms": "time of all people in view",
    "facing_ms": "of it, with the face towards the camera",
    "looking_ms": "of it, with the head pointing at the screen",
    "unsure_ms": "time of people whose head could not be measured",
    "entries": "people who came into view",
    "visits": "visits that ended",
    "onlookers": "of them, engaged: people who looked for a second or more",
    "peak": "most people in view of one camera at once",
    "dwell_ms": "time in view of all visits that ended",
}
RATES: Final = {
    "observed_share_milli": "observed_ms in thousandths of expected_ms, at most 1000",
    "attention_rate_milli": "onlookers in thousandths of visits",
    "looking_share_milli": "looking_ms in thousandths of person_ms",
    "crowd_milli": "people in view of a camera on average, in thousandths",
    "dwell_mean_ms": "mean time in view of the visits that ended",
}
BANDS: Final = {
    "banded_reports": "reports that divide person time by the probability of looking",
    "band_high_ms": "their person time with a probability above 0.90",
    "band_medium_ms": "from 0.70 to 0.90",
    "band_low_ms": "below 0.70",
}

AUDIENCE_METRICS: Final = LakeTable(
    Zone.CURATED,
    "audience_metrics",
    (
        LOCATION,
        *HOUR,
        count("cameras", "cameras with a report", nullable=False),
        count("reports", "reports that start in the hour", nullable=False),
        *OBSERVATION,
        *(count(name, description) for name, description in FIGURES.items()),
        *(count(name, description) for name, description in RATES.items()),
        *(
            count(name, f"camera time that was not measured: {name[6:-3]}")
            for name in BLIND
        ),
        count("frames_captured", "frames of the cameras"),
        count("frames_dropped", "of them, dropped before analysis"),
        count("frames_analysed", "of them, analysed"),
        *(count(name, description) for name, description in BANDS.items()),
        *map(count, DWELL, _describe_buckets("a time in view", DWELL_EDGES_MS)),
        *map(
            count, ATTENTION,
            _describe_buckets("a looking time", ATTENTION_EDGES_MS),
        ),
    ),
    sort_by=("location", "hour"),
)  # fmt: skip

AUDIENCE_DEMOGRAPHICS_HOURLY: Final = LakeTable(
    Zone.CURATED,
    "audience_demographics_hourly",
    (
        LOCATION,
        *HOUR,
        LakeColumn("age", pa.string(), "age group, an estimate"),
        LakeColumn("gender", pa.string(), "gender, an estimate"),
        *OBSERVATION,
        count("hour_visits", "all visits that ended in the hour, described or not"),
        count("visits", "visits of this age and gender that ended", nullable=False),
        count("onlookers", "of them, engaged", nullable=False),
        count("attention_rate_milli", "onlookers in thousandths of visits"),
    ),
    sort_by=("location", "hour", "age", "gender"),
)
