"""All tables of the lake, and access by name."""

from typing import Final

from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.feeds import FEEDS
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
    *CURATED_TABLES,
)
BY_NAME: Final = {table.full_name: table for table in TABLES}


class UnknownTableError(LookupError):
    """No table of the lake has this name."""


def find_table(name: str) -> LakeTable:
    """The table named `zone.table`; raises UnknownTableError with those that there are."""
    if name not in BY_NAME:
        raise UnknownTableError(unknown_word("table", name, BY_NAME))
    return BY_NAME[name]
