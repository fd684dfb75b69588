"""One row for each location over the last four weeks: times of day, effectiveness, and rank.

The partition day is the last day of the period. A figure is null where it is unknown.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import LOCATION, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone

PARTS: Final = {
    "morning": "local hours 7, 8 and 9 from Monday to Friday",
    "evening": "local hours 16, 17 and 18 from Monday to Friday",
    "weekday": "local days from Monday to Friday",
    "weekend": "local Saturday and Sunday",
}
PART_FIGURES: Final = {
    "observed_ms": "camera time that was measured",
    "visits": "visits that ended",
    "onlookers": "of them, engaged",
    "crowd_milli": "people in view of a camera on average, in thousandths",
    "attention_rate_milli": "onlookers in thousandths of visits",
}
EFFECTIVENESS: Final = {
    "effectiveness_micro": "attention rate x crowd, in millionths",
    "relative_error_ppm": (
        "standard error of the effectiveness, in millionths of it, from the differences between "
        "days; null with fewer than 7 observed days or without an onlooker"
    ),
    "effectiveness_low_micro": "two standard errors below; null where the error is",
    "effectiveness_high_micro": "two standard errors above; null where the error is",
    "rank": "by effectiveness, 1 is the highest; null where the error is",
    "rank_best": "the highest rank that the intervals of all locations admit",
    "rank_worst": "the lowest rank that the intervals of all locations admit",
}

LOCATION_PROFILES: Final = LakeTable(
    Zone.CURATED,
    "location_profiles",
    (
        LOCATION,
        LakeColumn("first_on", pa.date32(), "first UTC day of the period"),
        count("observed_days", "UTC days with observed time", nullable=False),
        count("observed_hours", "UTC hours with observed time", nullable=False),
        count("observed_ms", "camera time that was measured", nullable=False),
        count("expected_ms", "camera time of all cameras that the sites file expects"),
        count("observed_share_milli", "observed_ms in thousandths of expected_ms, at most 1000"),
        count("person_ms", "time of all people in view"),
        count("looking_ms", "of it, with the head pointing at the screen"),
        count("entries", "people who came into view"),
        count("visits", "visits that ended"),
        count("onlookers", "of them, engaged"),
        count("dwell_ms", "time in view of all visits that ended"),
        count("crowd_milli", "people in view of a camera on average, in thousandths"),
        count("attention_rate_milli", "onlookers in thousandths of visits"),
        count("dwell_mean_ms", "mean time in view of the visits that ended"),
        *(
            count(f"{part}_{name}", f"{description}: {hours}")
            for part, hours in PARTS.items()
            for name, description in PART_FIGURES.items()
        ),
        *(count(name, description) for name, description in EFFECTIVENESS.items()),
        count("ranked_locations", "locations that have a rank", nullable=False),
    ),
    sort_by=("location",),
)
