"""One row for each location, measure and group of peers over the last four weeks.

The partition day is the last day of the period. Locations of the sites file with at least seven
observed days take part.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import LOCATION, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone

MEASURES: Final = (
    "attention_rate_milli", "crowd_milli", "dwell_mean_ms", "effectiveness_micro",
)  # fmt: skip
PEERS: Final = ("all", "venue_type")
TOO_FEW: Final = "null with fewer than 5 locations"

LOCATION_BENCHMARKS: Final = LakeTable(
    Zone.CURATED,
    "location_benchmarks",
    (
        LOCATION,
        LakeColumn("peers", pa.string(), "`all` locations, or those of the same `venue_type`"),
        LakeColumn("measure", pa.string(), f"one of {', '.join(MEASURES)}"),
        LakeColumn("venue_type", pa.string(), "OpenOOH id of the location"),
        LakeColumn("first_on", pa.date32(), "first UTC day of the period"),
        count("observed_days", "UTC days with observed time", nullable=False),
        count("value", "the measure of the location", nullable=False),
        count(
            "relative_error_ppm",
            "standard error of the value, in millionths of it, from the differences between days; "
            "null where the value is 0",
        ),
        count("low", "two standard errors below; null where the error is"),
        count("high", "two standard errors above; null where the error is"),
        count("locations", "locations in the group, this one included", nullable=False),
        count("rank", "by value, 1 is the highest", nullable=False),
        count("lower_quartile", f"a quarter of the locations have this value or less; {TOO_FEW}"),
        count("median", f"half of the locations have this value or less; {TOO_FEW}"),
        count(
            "upper_quartile", f"three quarters of the locations have this value or less; {TOO_FEW}"
        ),
        count("versus_median_milli", f"value in thousandths of the median; {TOO_FEW}"),
        LakeColumn(
            "standing",
            pa.string(),
            "`above`: the interval is above the upper quartile; `below`: below the lower quartile; "
            f"else `within`; {TOO_FEW}, or without an interval",
            nullable=True,
        ),
    ),
    sort_by=("location", "peers", "measure"),
)
