"""The tables that are promoted from the raw to the trusted zone, each with its contract."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from cloud.lake.raw.alerts import RAW_ALERTS
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS
from cloud.lake.raw.device_hours import RAW_HOURS
from cloud.lake.raw.orders import RAW_ORDER_LINE_HOURS, RAW_ORDER_LINES
from cloud.lake.raw.prices import RAW_PRICES
from cloud.lake.raw.retail_price_points import RAW_PRICE_POINTS
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.trusted.contract import Contract, read_contract
from cloud.lake.trusted.declared_tables import RECEIVED_AT, declared_tables, list_declared
from cloud.lake.trusted.tables import RAW_TABLES, TRUSTED_TABLES

DATED_BY: Final = {
    RAW_ALERTS.name: "changed_at",
    RAW_HOURS.name: "hour_at",
    RAW_ORDER_LINES.name: "changed_at",
    RAW_PRICES.name: "published_at",
    RAW_PRICE_POINTS.name: "observed_at",
}
"""Where it is another column than the start of an interval."""
VERSIONED_BY: Final = {
    RAW_HOURS.name: "heartbeats",
    RAW_ORDER_LINES.name: "changed_at",
    RAW_ORDER_LINE_HOURS.name: "changed_at",
    RAW_PRICES.name: "published_at",
}
"""Where a later version of a row replaces those before it.

A restored database can store a version of an order line, or a sheet, again that the lake has.
"""
IRREGULAR: Final = (
    RAW_ALERTS.name, RAW_ORDER_LINES.name, RAW_ORDER_LINE_HOURS.name, RAW_PRICE_POINTS.name,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContractedTable:
    """A trusted table, the raw table that it is promoted from, and its contract.

    `parent` names a table before it whose rows its rules refer to: without a promotion of the
    parent on the same day there is none of this table. `dated_by` has the instant whose UTC date
    is the day. Of rows with one identity, only that with the greatest `versioned_by` is checked and
    promoted: the others are earlier versions of it.
    """

    source: LakeTable
    target: LakeTable
    contract: Contract
    parent: str | None = None
    dated_by: str = "starts_at"
    versioned_by: str | None = None


@cache
def contracted_tables() -> tuple[ContractedTable, ...]:
    """All of them, the reports before their parts."""
    parents = {
        table.name: f"{Zone.TRUSTED}.{RAW_REPORTS.name}"
        for table in AUDIENCE_TABLES
        if table is not RAW_REPORTS
    }
    own = tuple(
        ContractedTable(
            source,
            target,
            read_contract(target.full_name),
            parents.get(source.name),
            DATED_BY.get(source.name, "starts_at"),
            VERSIONED_BY.get(source.name),
        )
        for source, target in zip(RAW_TABLES, TRUSTED_TABLES, strict=True)
    )
    return own + _list_declared()


def _list_declared() -> tuple[ContractedTable, ...]:
    """Of uploads: the rows received last replace those of one identity received before that day."""
    return tuple(
        ContractedTable(
            replace(one.table, zone=Zone.RAW), one.table, one.contract,
            dated_by=RECEIVED_AT, versioned_by=RECEIVED_AT,
        )
        for one in declared_tables()
        if one.table.zone is Zone.TRUSTED
    )  # fmt: skip


def is_irregular(table: LakeTable) -> bool:
    """Whether a table may have no new rows for days: it is not late then."""
    return table.name in IRREGULAR or table in list_declared(table.zone)
