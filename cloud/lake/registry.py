"""All tables of the lake, and access by name."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from cloud.lake.curated.retail import RETAIL_TABLES
from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.trusted.declared_tables import list_declared
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
    *RETAIL_TABLES,
)
"""Those that the program itself fills; data products declare further ones."""


class UnknownTableError(LookupError):
    """No table of the lake has this name."""


@cache
def all_tables() -> tuple[LakeTable, ...]:
    """Every table, those of data products included."""
    declared = (table for zone in Zone for table in list_declared(zone))
    return (*TABLES, *declared)


@cache
def tables_by_name() -> Mapping[str, LakeTable]:
    """Every table by `zone.table`."""
    return {table.full_name: table for table in all_tables()}


def find_table(name: str) -> LakeTable:
    """The table named `zone.table`; raises UnknownTableError with those that there are."""
    tables = tables_by_name()
    if name not in tables:
        raise UnknownTableError(unknown_word("table", name, tables))
    return tables[name]
