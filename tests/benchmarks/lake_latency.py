"""Small commits and small queries of a lake: what the manifest and the product add.

`python tests/benchmarks/lake_latency.py [--commits 200] [--days 30] [--locations 200]`. Commits are
of ten rows each, on SQLite with fsync, in a process that has made twenty before and nothing else.
The query reads one day of one location by `run_query`, in a process that has run it before; beside
it the same statement on the file of that day in DuckDB alone, to which a connection is opened each
time as well.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import duckdb
import pyarrow as pa

from cloud import database
from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.query import run_query
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.storage import open_storage
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone
from cloud.lake.writer import append
from simulators.lake.history import History
from simulators.lake.writing import HistoryWriter

NOW = datetime(2026, 11, 29, tzinfo=UTC)
Result = TypeVar("Result")
FIRST = date(2026, 1, 1)
ROWS = 10
WARM_UP = 20
READINGS = LakeTable(
    Zone.RAW, "readings",
    (LakeColumn("location", pa.string(), "where"), LakeColumn("read_at", TIMESTAMP, "when"),
     LakeColumn("visits", pa.int64(), "how many")),
    sort_by=("location", "read_at"),
)  # fmt: skip
SQL = """
SELECT hour(starts_at), sum(visits), sum(onlookers), sum(dwell_ms), max(peak) FROM {table}
WHERE day = DATE '{day}' AND location = 'SIM-00007' GROUP BY 1 ORDER BY 1
"""


def main() -> int:
    """Print one line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument("--queries", type=int, default=50)
    chosen = parser.parse_args()
    with open_new_lake() as lake:
        measure_commits(lake, chosen.commits)
    with open_new_lake() as lake:
        measure_queries(lake, chosen.days, chosen.locations, chosen.queries)
    return 0


@contextmanager
def open_new_lake() -> Iterator[Lake]:
    """An empty lake, deleted afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        engine = database.open_or_make(f"sqlite:///{folder}/lake.db")
        yield Lake(open_storage(f"{folder}/lake"), engine)
        engine.dispose()


def measure_commits(lake: Lake, commits: int) -> None:
    """Commits of a few rows, one after the other."""
    for number in range(WARM_UP):
        append_rows(lake, number)
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(WARM_UP, WARM_UP + commits):
        append_rows(lake, number)
    print(
        f"{commits} commits of {ROWS} rows: {time.process_time() - cpu:.2f} s CPU, "
        f"{time.perf_counter() - wall:.2f} s wall"
    )


def append_rows(lake: Lake, number: int) -> None:
    at = [NOW + timedelta(minutes=number * ROWS + row) for row in range(ROWS)]
    rows = pa.table(
        {"location": ["SIM-00001"] * ROWS, "read_at": pa.array(at, TIMESTAMP),
         "visits": list(range(ROWS)), "day": pa.array([NOW.date()] * ROWS, pa.date32())}
    )  # fmt: skip
    append(lake, READINGS, rows, now=NOW)


def measure_queries(lake: Lake, days: int, locations: int, queries: int) -> None:
    """One day and location of a history with reports of a minute."""
    writer = HistoryWriter(lake, History(locations, 1, FIRST, 60, has_faults=False))
    for _ in range(days):
        writer.write_day(now=NOW)
    chosen = FIRST + timedelta(days=days // 2)
    with reading(lake.engine) as connection:
        files = read_files(connection, RAW_REPORTS.full_name)
    rows = sum(file.rows for file in files)
    print(f"{rows:,} reports in {len(files)} files")
    of_day = [lake.storage.locate(file.path) for file in files if file.day == chosen]
    sql = SQL.format(table="raw_audience_reports", day=chosen)
    plain = SQL.format(table=f"read_parquet({of_day}, hive_partitioning=true)", day=chosen)
    expected = repeat("DuckDB alone", queries, lambda: run_plainly(plain))
    found = repeat("run_query", queries, lambda: list(run_query(lake, sql).rows))
    assert found == expected, (found, expected)


def run_plainly(sql: str) -> list[tuple[int, ...]]:
    """The statement in a new DuckDB, in UTC as the lake's."""
    with duckdb.connect(config={"threads": 4}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def repeat(name: str, times: int, run: Callable[[], Result]) -> Result:
    """Print the median and the 95th percentile of the wall time, and the CPU time of one run."""
    result = run()
    walls, cpu = [], time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        result = run()
        walls.append(1_000 * (time.perf_counter() - began))
    each_ms = 1_000 * (time.process_time() - cpu) / times
    walls.sort()
    print(
        f"{name:14} {statistics.median(walls):6.1f} ms (P95 {walls[int(times * 0.95)]:.1f}), "
        f"{each_ms:.1f} ms CPU"
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
