"""What the pages say of each table: read from the manifest, the definitions and the quality tables.

A table whose files cannot be read is described without its profile, with the reason.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import duckdb

from cloud.database import reading
from cloud.lake.catalogue.column_profile import READ_ERRORS, TableProfile, compute_profile
from cloud.lake.engine import open_duckdb
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import Hold, read_holds
from cloud.lake.manifest import DataFile, Snapshot, read_files, read_snapshots
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.reader import create_view
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.contract import NOT_DELETED, Contract, read_contract
from cloud.lake.trusted.contracted_tables import is_irregular
from cloud.lake.trusted.declared_tables import declared_contract
from cloud.lake.trusted.tables import ROW_QUARANTINE, RULE_RESULTS

QUARANTINES: Final = (QUARANTINE, ROW_QUARANTINE)
COUNT_ROWS: Final = """
SELECT table_name, rule, count(*) AS rows, min(day) AS first_on, max(day) AS last_on,
    left(min(reason), 300) AS sample
FROM counted GROUP BY ALL ORDER BY ALL
"""
READ_RESULTS: Final = """
SELECT table_name, rule, outcome, rows_checked, rows_failed, reason FROM results ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """Quarantined rows that break one rule, and the reason of one of them."""

    rule: str
    rows: int
    first_on: date
    last_on: date
    sample: str


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one rule found on the newest day that was checked."""

    rule: str
    outcome: str
    rows_checked: int
    rows_failed: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The rows and bytes of one day."""

    day: date
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table. `retention` is its contract when that limits its age."""

    table: LakeTable
    snapshots: Sequence[Snapshot]
    files: int
    days: Sequence[DayFigures]
    profile: TableProfile | None
    problem: str | None
    contract: Contract | None
    retention: Contract | None
    results_on: date | None
    results: Sequence[RuleFinding]
    quarantine: Sequence[QuarantineCount]
    holds: Sequence[Hold]

    @property
    def rows(self) -> int:
        """All rows of the newest snapshot."""
        return sum(day.rows for day in self.days)

    @property
    def size_bytes(self) -> int:
        """The bytes of their files."""
        return sum(day.size_bytes for day in self.days)


@dataclass(frozen=True, slots=True)
class _LakeQuality:
    results_on: date | None
    results: Mapping[str, list[RuleFinding]]
    quarantine: Mapping[str, list[QuarantineCount]]


def read_facts(
    lake: Lake, tables: Sequence[LakeTable], *, with_profiles: bool = True
) -> list[TableFacts]:
    """The facts of each table; files are read one table and day at a time.

    Without profiles only the files of the quality tables are read.
    """
    with open_duckdb() as connection:
        quality = _read_quality(lake, connection)
        profiled = connection if with_profiles else None
        return [_read_table(lake, profiled, table, quality) for table in tables]


def is_late(facts: TableFacts, now: datetime) -> bool:
    """Whether the newest snapshot is older than the contract allows."""
    if facts.contract is None or not facts.snapshots or is_irregular(facts.table):
        return False
    return now - facts.snapshots[-1].committed_at > facts.contract.freshness


def _read_table(
    lake: Lake, profiled: duckdb.DuckDBPyConnection | None, table: LakeTable, quality: _LakeQuality
) -> TableFacts:
    name = table.full_name
    with reading(lake.engine) as manifest:
        snapshots = read_snapshots(manifest, name)
        files = read_files(manifest, name)
        holds = read_holds(manifest, name)
    days, contract = _sum_days(files), _read_own_contract(name)
    profile, problem = None, None
    if days and profiled is not None:
        newest = [file for file in files if file.day == days[-1].day]
        try:
            profile = compute_profile(profiled, lake.storage, table, newest)
        except READ_ERRORS as error:
            problem = str(error).strip().splitlines()[0].replace(f"{lake.storage.root}/", "")
    return TableFacts(
        table=table,
        snapshots=snapshots,
        files=len(files),
        days=days,
        profile=profile,
        problem=problem,
        contract=contract,
        retention=contract if _limits_age(contract) else None,
        results_on=quality.results_on if name in quality.results else None,
        results=quality.results.get(name, ()),
        quarantine=quality.quarantine.get(name, ()),
        holds=holds,
    )


@cache
def _read_own_contract(table_name: str) -> Contract | None:
    return declared_contract(table_name) or read_contract(table_name)


def _limits_age(contract: Contract | None) -> bool:
    return contract is not None and contract.retention != NOT_DELETED


def _sum_days(files: Sequence[DataFile]) -> list[DayFigures]:
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for file in files:
        sums[file.day][0] += file.rows
        sums[file.day][1] += file.size_bytes
    return [DayFigures(day, rows, size) for day, (rows, size) in sorted(sums.items())]


def _read_quality(lake: Lake, connection: duckdb.DuckDBPyConnection) -> _LakeQuality:
    results: dict[str, list[RuleFinding]] = defaultdict(list)
    quarantine: dict[str, list[QuarantineCount]] = defaultdict(list)
    with reading(lake.engine) as manifest:
        files = read_files(manifest, RULE_RESULTS.full_name)
        quarantined = [(one, read_files(manifest, one.full_name)) for one in QUARANTINES]
    newest = files[-1].day if files else None
    of_newest = [file for file in files if file.day == newest]
    for table_name, *figures in _select(
        lake, connection, RULE_RESULTS, of_newest, "results", READ_RESULTS
    ):
        results[table_name].append(RuleFinding(*figures))
    for table, of_table in quarantined:
        for table_name, *figures in _select(
            lake, connection, table, of_table, "counted", COUNT_ROWS
        ):
            quarantine[table_name].append(QuarantineCount(*figures))
    return _LakeQuality(newest, results, quarantine)


def _select(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    table: LakeTable,
    files: Sequence[DataFile],
    view: str,
    sql: str,
) -> list[tuple[Any, ...]]:
    """The rows of a query; none when a file is damaged, which the table's own page reports."""
    if not files:
        return []
    try:
        create_view(connection, lake.storage, table, files, name=view)
        return connection.execute(sql).fetchall()
    except READ_ERRORS:
        return []
