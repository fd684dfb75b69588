"""One row for each location and month, and one for each location and season.

The partition day is the first UTC day of the season: 1 December, March, June or September. A figure
is null where it is unknown.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import LOCATION, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone

TOO_FEW: Final = "null with fewer than half of the days observed"

LOCATION_SEASONS: Final = LakeTable(
    Zone.CURATED,
    "location_seasons",
    (
        LOCATION,
        LakeColumn("period", pa.string(), "`month` of the calendar, or `season` of three months"),
        LakeColumn("first_on", pa.date32(), "first UTC day of the month or season"),
        LakeColumn(
            "season",
            pa.string(),
            "`winter`, `spring`, `summer` or `autumn` of the location's hemisphere; null between "
            "the tropics, and for a location that the sites file does not list",
            nullable=True,
        ),
        count("period_days", "days of the whole month or season", nullable=False),
        count("observed_days", "UTC days with observed time", nullable=False),
        count("observed_ms", "camera time that was measured", nullable=False),
        count("expected_ms", "camera time of all cameras that the sites file expects"),
        count("observed_share_milli", "observed_ms in thousandths of expected_ms, at most 1000"),
        count("person_ms", "time of all people in view"),
        count("visits", "visits that ended"),
        count("onlookers", "of them, engaged"),
        count("dwell_ms", "time in view of all visits that ended"),
        count("crowd_milli", "people in view of a camera on average, in thousandths"),
        count("attention_rate_milli", "onlookers in thousandths of visits"),
        count("dwell_mean_ms", "mean time in view of the visits that ended"),
        count("holiday_observed_ms", "camera time that was measured on local public holidays"),
        count("holiday_person_ms", "time of all people in view on them"),
        count("holiday_visits", "visits that ended on them"),
        count("holiday_onlookers", "of them, engaged"),
        count("holiday_crowd_milli", "people in view of a camera on average on public holidays"),
        count("holiday_attention_rate_milli", "onlookers in thousandths of visits on them"),
        count("effectiveness_micro", "attention rate x crowd, in millionths"),
        count(
            "relative_error_ppm",
            "standard error of the effectiveness, in millionths of it, from the differences "
            f"between days; {TOO_FEW}, or without an onlooker",
        ),
        count("effectiveness_low_micro", "two standard errors below; null where the error is"),
        count("effectiveness_high_micro", "two standard errors above; null where the error is"),
    ),
    sort_by=("location", "period", "first_on"),
)
