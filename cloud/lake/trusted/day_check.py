"""Check one day of one table: its files, its rows, and the share of rows that are quarantined."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile
from cloud.lake.reader import create_view
from cloud.lake.trusted.contract import Contract
from cloud.lake.trusted.contracted_tables import ContractedTable
from cloud.lake.trusted.results import STOPPED, RuleOutcome, list_results
from cloud.lake.trusted.split import SOURCE, SplitDay, split_day

FILES: Final = "files_readable"
SHARE: Final = "quarantined_share"
PARENT: Final = "parent_promoted"


@dataclass(frozen=True, slots=True)
class CheckedDay:
    """A day of one table: its rows, unless they cannot be read, and why it is stopped."""

    table: ContractedTable
    split: SplitDay | None
    results: Sequence[RuleOutcome]
    stopped: str | None


def find_day_refusal(
    lake: Lake,
    one: ContractedTable,
    files: Mapping[str, Sequence[DataFile]],
    stopped: Collection[str],
) -> CheckedDay | None:
    """The day without rows when its files, or the rows of its parent, cannot be used."""
    reason = find_refusal(lake.storage, one.source, files[one.source.full_name])
    rule = FILES
    if reason is None and one.parent in stopped:
        rule, reason = PARENT, f"the day of {one.parent}, whose parts these are, is not promoted"
    if reason is None:
        return None
    rows = sum(file.rows for file in files[one.source.full_name])
    result = RuleOutcome(STOPPED, one.target.full_name, rule, rows, 0, reason)
    return CheckedDay(one, None, [result], reason)


def check_day(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    one: ContractedTable,
    files: Sequence[DataFile],
) -> CheckedDay:
    """Split the rows of the day by the contract, and compare the share of quarantined rows."""
    create_view(connection, lake.storage, one.source, files, name=SOURCE)
    split = split_day(
        connection, one.target, one.contract, has_rows=any(file.rows for file in files),
        versioned_by=one.versioned_by,
    )  # fmt: skip
    reason = _find_excess(one.contract, split)
    results = list_results(one.contract, split)
    if reason is not None:
        results.append(
            RuleOutcome(STOPPED, one.target.full_name, SHARE, split.rows, split.counted, reason)
        )
    return CheckedDay(one, split, results, reason)


def _find_excess(contract: Contract, split: SplitDay) -> str | None:
    limits, counted = contract.limits, split.counted
    too_many = counted * 100 > split.rows * limits.max_quarantined_percent
    if not too_many or counted < limits.min_quarantined_rows:
        return None
    return (
        f"{counted} of {split.rows} rows are quarantined; the contract allows "
        f"{limits.max_quarantined_percent} %. Repair the rows or the contract, then run "
        "`python -m cloud lake replay`"
    )
