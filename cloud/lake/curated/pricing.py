"""One row for each location and UTC hour that has ended: its published and booked prices.

Prices are in minor units of the currency. A lead time is counted in days from the local day of a
publication to the local day of the hour.
"""

from typing import Final

import pyarrow as pa

from cloud.lake.curated.audience import HOUR, LOCATION, count
from cloud.lake.tables import LakeColumn, LakeTable, Zone

LEAD_DAYS: Final = (1, 7, 28, 84)
NO_ORDER: Final = "null: no order in this currency is known"

PRICING_HISTORY: Final = LakeTable(
    Zone.CURATED,
    "pricing_history",
    (
        LOCATION,
        *HOUR,
        LakeColumn(
            "currency", pa.string(), "currency of the last price; null: not recorded", nullable=True
        ),
        count("publications", "sheets that price the hour", nullable=False),
        LakeColumn("first_published_on", pa.date32(), "local day of the first of them"),
        count("first_price_minor", "price on the first sheet", nullable=False),
        LakeColumn("last_published_on", pa.date32(), "local day of the last of them"),
        count("last_price_minor", "price on the last sheet, at which the hour ended",
              nullable=False),
        count("lowest_price_minor", "lowest price of all sheets", nullable=False),
        count("highest_price_minor", "highest price of all sheets", nullable=False),
        count("price_changes", "sheets whose price differs from that of the sheet before",
              nullable=False),
        *(
            count(
                f"price_{days}_days_before_minor",
                f"price of the newest sheet with a lead time of {days} days or more; null without",
            )
            for days in LEAD_DAYS
        ),
        LakeColumn("first_versions", pa.string(), "rate card and forecast of the first sheet"),
        LakeColumn("last_versions", pa.string(), "rate card and forecast of the last sheet"),
        count("distinct_versions", "different pairs of rate card and forecast", nullable=False),
        count("booked_positions", f"loop positions that were ordered; {NO_ORDER}"),
        count("booked_price_minor", f"mean price of one of them, rounded down; {NO_ORDER}"),
        count("booked_lowest_price_minor", f"lowest price of one of them; {NO_ORDER}"),
        count("booked_highest_price_minor", f"highest price of one of them; {NO_ORDER}"),
    ),
    sort_by=("location", "hour"),
)  # fmt: skip
