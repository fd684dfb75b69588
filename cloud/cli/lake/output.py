"""Output of `lake`, and the audit entries of its actions."""

import csv
import getpass
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa

from cloud import database
from cloud.auth.audit import record_change
from cloud.lake.lake import Lake
from cloud.lake.query import QueryError, QueryResult


def write_line(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{line}\n")


FAILURES: Final = (OSError, pa.ArrowException, duckdb.Error)
"""Of the storage, of a file that cannot be read, and of a disk that is full while DuckDB sorts."""


def describe_failure(error: Exception) -> str:
    """One line about a failure of the lake's files; what was committed stays."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"the files of the lake cannot be read or written: {reason}. Nothing that was committed is "
        "lost: correct the cause and run it again; `python -m cloud lake verify` lists damaged "
        "files\n"
    )


class TableDayResult(Protocol):
    """What became of one day of a table; `stopped` is why it is left as it is."""

    @property
    def table_name(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def stopped(self) -> str | None: ...


def write_stopped(days: Iterable[TableDayResult]) -> int:
    """Each day that is stopped, on standard error; returns how many."""
    stopped = [one for one in days if one.stopped]
    for one in stopped:
        sys.stderr.write(f"stopped: {one.table_name} on {one.day}: {one.stopped}\n")
    return len(stopped)


def record_action(
    lake: Lake, now: datetime, action: str, about: str, details: Mapping[str, Any]
) -> None:
    """Record what the user did in the audit log."""
    with database.writing(lake.engine) as connection:
        record_change(
            connection, at=now, actor=getpass.getuser(), action=action, about=about,
            details=details,
        )  # fmt: skip


def write_table(result: QueryResult) -> None:
    """Columns of equal width under their names."""
    rows = [result.columns, *([_text(value) for value in row] for row in result.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(result.columns))]
    for row in rows:
        write_line("  ".join(map(str.ljust, row, widths)).rstrip())


def write_csv(result: QueryResult) -> None:
    """Comma-separated values under their names."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)


def write_json(result: QueryResult) -> None:
    """One JSON object a line; raises QueryError when a column name is repeated."""
    if repeated := [name for name, times in Counter(result.columns).items() if times > 1]:
        raise QueryError(f"{', '.join(repeated)} is the name of several columns: use AS for JSON")
    rows: Iterable[dict[str, Any]] = (
        dict(zip(result.columns, row, strict=True)) for row in result.rows
    )
    for row in rows:
        write_line(json.dumps(row, default=_text))


def _text(value: Any) -> str:
    """A value in a table; null is empty."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


WRITERS: Final = {"table": write_table, "csv": write_csv, "json": write_json}
