"""All tables of the lake, and access by name."""

from typing import Final

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.feeds import FEEDS
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.tables import RAW_TABLES, ROW_QUARANTINE, RULE_RESULTS, TRUSTED_TABLES
from cloud.suggestions import unknown_word

TABLES: Final[tuple[LakeTable, ...]] = (
    *(feed.raw.landed for feed in FEEDS),
    QUARANTINE,
    *RAW_TABLES,
    ROW_QUARANTINE,
    *TRUSTED_TABLES,
    RULE_RESULTS,
    AUDIENCE_METRICS,
    AUDIENCE_DEMOGRAPHICS_HOURLY,
    LOCATION_PROFILES,
)
BY_NAME: Final = {table.full_name: table for table in TABLES}


class UnknownTableError(LookupError):
    """No table of the lake has this name."""


def find_table(name: str) -> LakeTable:
    """The table named `zone.table`; raises UnknownTableError with those that there are."""
    if name not in BY_NAME:
        raise UnknownTableError(unknown_word("table", name, BY_NAME))
    return BY_NAME[name]
