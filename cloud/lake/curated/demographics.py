"""One row for each location, age and gender over the last four weeks: attention by group.

The partition day is the last day of the period. Age and gender are estimates.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import LOCATION, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone

FLOOR: Final = "null with fewer than 100 visits or 7 days of the group"

LOCATION_DEMOGRAPHICS: Final = LakeTable(
    Zone.CURATED,
    "location_demographics",
    (
        LOCATION,
        LakeColumn("age", pa.string(), "age group, an estimate"),
        LakeColumn("gender", pa.string(), "gender, an estimate"),
        LakeColumn("first_on", pa.date32(), "first UTC day of the period"),
        count("observed_days", "UTC days with visits of the group", nullable=False),
        count("visits", "visits of the group that ended", nullable=False),
        count("onlookers", "of them, engaged", nullable=False),
        count("described_visits", "visits of all groups of the location", nullable=False),
        count("location_visits", "all visits of the location, described or not"),
        count("described_share_milli", "described_visits in thousandths of location_visits"),
        count("visits_share_milli", "visits in thousandths of described_visits", nullable=False),
        count("attention_rate_milli", f"onlookers in thousandths of visits; {FLOOR}"),
        count(
            "relative_error_ppm",
            "standard error of the attention rate, in millionths of it, from the differences "
            f"between days; {FLOOR}, or without an onlooker",
        ),
        count("attention_rate_low_milli", "two standard errors below; null where the error is"),
        count(
            "attention_rate_high_milli",
            "two standard errors above, at most 1000; null where the error is",
        ),
        count(
            "attention_index_milli",
            "the attention rate in thousandths of that of all described visits of the location; "
            f"{FLOOR}, or without an onlooker of any group",
        ),
    ),
    sort_by=("location", "age", "gender"),
)
