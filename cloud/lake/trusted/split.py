"""Split the rows of a raw day by the rules of the contract: good rows and quarantined rows.

Of several good rows with one identity, the first received stays. A row that breaks a rule while a
good row has its identity is superseded: it is listed, and does not count against the day. The rows
stay in DuckDB, which writes to the disk what exceeds its memory limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from cloud.lake.quarantine import MAX_CONTENT
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.contract import Contract
from cloud.lake.trusted.rules import (
    DUPLICATE,
    SUPERSEDED,
    first_broken_rule,
    identity_of,
    quote,
    reason_of,
)

RECEIVED_AT: Final = "received_at"
BROKEN_RULE: Final = "broken_rule"
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class SplitDay:
    """The number of good rows, and of quarantined rows by rule, with the queries for them."""

    good: int
    failed: Mapping[str, int]
    good_query: str
    quarantine_query: str

    @property
    def quarantined(self) -> int:
        """Quarantined rows."""
        return sum(self.failed.values())

    @property
    def rows(self) -> int:
        """Rows of the day."""
        return self.good + self.quarantined

    @property
    def counted(self) -> int:
        """Quarantined rows that count against the day: those that no good row supersedes."""
        return self.quarantined - self.failed.get(SUPERSEDED, 0)


def split_day(
    connection: duckdb.DuckDBPyConnection,
    table: LakeTable,
    contract: Contract,
    *,
    has_rows: bool,
    versioned_by: str | None = None,
) -> SplitDay:
    """Split the rows of the view `source`; a day without rows is split at once.

    The good ones are then the view `zone_table`, for rules of other tables. `versioned_by` is the
    column by which the newest version of a row is found: earlier ones are not rows of the day.
    """
    good, checked = f"{table.zone}_{table.name}", f"checked_{table.name}"
    columns = ", ".join(table.schema.names)
    rule = first_broken_rule(contract) if has_rows else "CAST(NULL AS VARCHAR)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {checked} AS "  # noqa: S608
        f"SELECT {columns}, {rule} AS {BROKEN_RULE} FROM {SOURCE}"
    )
    if versioned_by is not None:
        _delete_earlier_versions(connection, checked, contract, versioned_by)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {good} AS "  # noqa: S608
        f"SELECT {columns} FROM {checked} WHERE {BROKEN_RULE} IS NULL"
    )
    quarantine_query = _select_quarantined(table, contract)
    order = ", ".join(table.sort_by)
    good_query = f"SELECT {columns} FROM {good} ORDER BY {order}"  # noqa: S608
    if not has_rows:
        return SplitDay(0, {}, good_query, quarantine_query)
    _mark_duplicates(connection, table, contract)
    ((rows_of_day, good_rows),) = connection.execute(
        f"SELECT count(*), count(*) FILTER ({BROKEN_RULE} IS NULL) FROM {checked}"  # noqa: S608
    ).fetchall()
    failed = {}
    if rows_of_day != good_rows:
        failed = dict(connection.execute(
            f"SELECT rule, count(*) FROM ({quarantine_query}) GROUP BY rule"  # noqa: S608
        ).fetchall())  # fmt: skip
    return SplitDay(good_rows, failed, good_query, quarantine_query)


def _delete_earlier_versions(
    connection: duckdb.DuckDBPyConnection, checked: str, contract: Contract, versioned_by: str
) -> None:
    """Delete also all but one of the same rows: a restored database lands its rows again."""
    if not _has_repeated(connection, checked, contract):
        return
    identity = ", ".join(contract.identity)
    columns = ", ".join(column.name for column in contract.columns)
    connection.execute(
        f"DELETE FROM {checked} WHERE rowid IN ("  # noqa: S608
        "SELECT id FROM (SELECT rowid AS id, "
        f"rank() OVER (PARTITION BY {identity} ORDER BY {versioned_by} DESC NULLS LAST) AS number, "
        f"row_number() OVER (PARTITION BY {columns} ORDER BY rowid) AS copy "
        f"FROM {checked} WHERE ({identity}) IN (SELECT {identity} FROM repeated)) "
        "WHERE number > 1 OR copy > 1)"
    )


def _mark_duplicates(
    connection: duckdb.DuckDBPyConnection, table: LakeTable, contract: Contract
) -> None:
    """Mark all but the first received of the good rows with one identity."""
    good, checked = f"{table.zone}_{table.name}", f"checked_{table.name}"
    if not _has_repeated(connection, good, contract):
        return
    identity, names = ", ".join(contract.identity), table.schema.names
    order = ", ".join([*(name for name in (RECEIVED_AT,) if name in names), *names])
    connection.execute(
        f"UPDATE {checked} SET {BROKEN_RULE} = {quote(DUPLICATE)} WHERE rowid IN ("  # noqa: S608
        "SELECT id FROM (SELECT rowid AS id, row_number() OVER "
        f"(PARTITION BY {identity} ORDER BY {order}) AS number FROM {checked} "
        f"WHERE {BROKEN_RULE} IS NULL AND ({identity}) IN (SELECT {identity} FROM repeated)) "
        "WHERE number > 1)"
    )


def _has_repeated(connection: duckdb.DuckDBPyConnection, rows: str, contract: Contract) -> bool:
    """Whether some rows have one identity; the table `repeated` has these identities."""
    identity = ", ".join(contract.identity)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {identity} FROM {rows} "  # noqa: S608
        f"GROUP BY {identity} HAVING count(*) > 1"
    )
    return connection.execute("SELECT count(*) FROM repeated").fetchall() != [(0,)]


def _select_quarantined(table: LakeTable, contract: Contract) -> str:
    """A query for the quarantined rows as `ROW_QUARANTINE` has them."""
    good, identity = f"{table.zone}_{table.name}", ", ".join(contract.identity)
    is_superseded = (
        f"{BROKEN_RULE} <> {quote(DUPLICATE)} "  # noqa: S608
        f"AND (({identity}) IN (SELECT {identity} FROM {good})) IS TRUE"
    )
    fields = ", ".join(f"{name} := {name}" for name in table.schema.names)
    return (
        f"SELECT {quote(table.full_name)} AS table_name, "  # noqa: S608
        f"CASE WHEN {is_superseded} THEN {quote(SUPERSEDED)} ELSE {BROKEN_RULE} END AS rule, "
        f"{reason_of(contract, BROKEN_RULE)} AS reason, {identity_of(contract)} AS identity, "
        f"left(CAST(to_json(struct_pack({fields})) AS VARCHAR), {MAX_CONTENT}) AS content "
        f"FROM checked_{table.name} WHERE {BROKEN_RULE} IS NOT NULL"
    )
