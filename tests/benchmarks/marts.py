"""The marts day by day, the same statements in DuckDB alone, and on Spark.

`python tests/benchmarks/marts.py [--locations 1200 --days 30 --interval 60] [--spark]`. A history
of `simulators lake` is promoted first. Then the marts of each day are built by the product and by
the same SQL on the same files in a DuckDB that stays open; both write Parquet. The two take turns
day by day, so that they find the same machine: what the manifest, the checks and the transactions
cost is the difference. A further process builds all days again; no byte may change, and its peak
memory is that of the product. With `--spark` every mart is computed there too, and compared row by
row.

`--data FOLDER` has the lake of an earlier run, or fills the folder and leaves it. With `--trusted`
the history has no faults and is written straight into the trusted zone; with `--dense` its files
compress badly besides. `--days 0` uses the folder as it is.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_current, read_files
from cloud.lake.reader import create_view
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.marts.build import (
    DAILY_MARTS,
    SOURCES,
    TRUSTED_REPORTS,
    build_changed_days,
    build_days,
)
from cloud.marts.duckdb_engine import MEMORY_LIMIT, DuckDbEngine
from cloud.marts.engine import LakeFiles, MartEngine, MartInputs, read_sql
from cloud.marts.profiles import build_profiles
from cloud.marts.seasons import build_seasons
from cloud.marts.site_tables import SiteTables
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from simulators.lake.history import History
from simulators.lake.writing import HistoryWriter
from simulators.synthetic.cameras import create_sites, render_sites_file
from tests.benchmarks.trusted_history import write_dense_days, write_trusted_day
from wire.clock import utc_now

FIRST = date(2026, 10, 1)


def main() -> int:
    """Print one line for each way; 1 when rows differ or bytes change."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--locations", type=int, default=60)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--interval", type=int, default=300)
    parser.add_argument("--data", type=Path, help="keep the lake there, or use it again")
    parser.add_argument("--trusted", action="store_true")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--spark", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as temporary:
        folder = str(chosen.data or temporary)
        has_faults = not (chosen.trusted or chosen.dense)
        history = History(chosen.locations, 1, FIRST, chosen.interval, has_faults)
        if has_faults:
            run_apart(fill, folder, history, chosen.days)
        else:
            run_apart(fill_trusted, folder, history, chosen.days, chosen.dense)
        run_apart(compare_with_duckdb, folder)
        run_apart(build_again, folder)
        run_apart(compare_with_spark if chosen.spark else build_all_profiles, folder)
    return 0


def run_apart(work: Any, *arguments: Any) -> None:
    """Run in a process of its own, whose memory is counted alone."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(1)


@dataclass
class Watch:
    """Wall and CPU time of what ran in it, in seconds."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Add what the block takes."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu

    def print(self, name: str, found: str) -> None:
        """One line, with the peak memory of the process."""
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:28} {self.wall:8.1f} s wall {self.cpu:8.1f} s CPU  {found}; peak memory "
            f"{peak_mb:,.0f} MB",
            flush=True,
        )


def fill(folder: str, history: History, days: int) -> None:
    """Write the history and its sites file, and promote it; an earlier run may have done it."""
    lake = open_lake(folder)
    sites = create_sites(history.locations, history.seed)
    Path(folder, "sites.yaml").write_text(render_sites_file(sites))
    writer, watch, rows = HistoryWriter(lake, history), Watch(), 0
    with watch.measure():
        while writer.days_written < days:
            rows += writer.write_day(now=utc_now()).rows["audience_reports"]
    watch.print("history", f"{rows:,} reports")
    watch = Watch()
    with watch.measure():
        found = sum(one.promoted for one in promote_days(lake, contracted_tables(), now=utc_now()))
    watch.print("promotion", f"{found:,} rows of four tables")
    lake.engine.dispose()


def fill_trusted(folder: str, history: History, days: int, is_dense: bool) -> None:
    """Write the days that the trusted zone does not have yet, and the sites file."""
    lake = open_lake(folder)
    sites = create_sites(history.locations, history.seed)
    Path(folder, "sites.yaml").write_text(render_sites_file(sites))
    watch, rows, now = Watch(), 0, utc_now()
    missing = [history.day(number) for number in range(len(list_days(lake)), days)]
    with watch.measure():
        if is_dense:
            rows = sum(write_dense_days(lake, history, missing, now=now))
        else:
            rows = sum(write_trusted_day(lake, history, day, now=now) for day in missing)
    watch.print("trusted history", f"{rows:,} reports")
    lake.engine.dispose()


def compare_with_duckdb(folder: str) -> None:
    """The product and DuckDB alone, in turns."""
    lake, sites = open_lake(folder), load_sites(Path(folder, "sites.yaml"))
    now = utc_now()
    days = list_days(lake)
    product, alone, built, plain = Watch(), Watch(), 0, 0
    settings = {
        "threads": 2, "memory_limit": MEMORY_LIMIT, "preserve_insertion_order": "false"
    }  # fmt: skip
    with (
        DuckDbEngine().open() as engine,
        duckdb.connect(config=settings) as connection,
        tempfile.TemporaryDirectory(dir="/var/tmp") as results,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        builder = build_changed_days(lake, engine, sites, now=now)
        for number, day in enumerate(days):
            for is_product in (number % 2 == 0, number % 2 == 1):
                if is_product:
                    with product.measure():
                        built += sum(next(builder).rows.values())
                    continue
                create_views(connection, inputs_of(lake, sites, day))
                with alone.measure():
                    plain += build_plainly(connection, results)
        with product.measure():
            assert list(builder) == []  # moves the position
    assert built == plain, (built, plain)
    product.print("DuckDB by the product", f"{built:,} rows")
    alone.print("DuckDB alone", f"{plain:,} rows")
    print(
        f"{'product / alone':28} {product.wall / alone.wall:8.2f} x wall "
        f"{product.cpu / alone.cpu:8.2f} x CPU"
    )
    lake.engine.dispose()


def build_all_profiles(folder: str) -> None:
    """The marts of the last four weeks and of the seasons."""
    lake, sites = open_lake(folder), load_sites(Path(folder, "sites.yaml"))
    watch = Watch()
    with watch.measure(), DuckDbEngine().open() as engine:
        found = build_profiles(lake, engine, sites, now=utc_now())
        list(build_seasons(lake, engine, sites, now=utc_now()))
    watch.print("profiles and seasons", f"{sum(found.values()):,} rows of profiles")
    lake.engine.dispose()


def create_views(connection: duckdb.DuckDBPyConnection, inputs: dict[str, Any]) -> None:
    """Name the files and the small tables as the SQL does."""
    for name, source in inputs.items():
        if isinstance(source, LakeFiles):
            create_view(connection, source.storage, source.table, source.files, name=name)
        else:
            connection.register(name, source)


def build_plainly(connection: duckdb.DuckDBPyConnection, folder: str) -> int:
    """The statements of one day; the number of rows."""
    rows = 0
    for mart in DAILY_MARTS:
        target = f"'{folder}/{mart.name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        result = connection.execute(f"COPY ({read_sql(mart.name)}\n) TO {target}").fetchall()
        rows += result[0][0]
    return rows


def build_again(folder: str) -> None:
    """All days once more: no byte changes."""
    lake, sites = open_lake(folder), load_sites(Path(folder, "sites.yaml"))
    before = read_snapshots(lake)
    watch, rows = Watch(), 0
    with watch.measure(), DuckDbEngine().open() as engine:
        for one in build_days(lake, engine, sites, list_days(lake), now=utc_now()):
            rows += sum(one.rows.values())
    assert read_snapshots(lake) == before, "the same rows gave other bytes"
    watch.print("built again, byte-equal", f"{rows:,} rows")
    lake.engine.dispose()


def read_snapshots(lake: Lake) -> list[int]:
    """The newest snapshot of each mart: a day with other bytes would add one."""
    with reading(lake.engine) as connection:
        return [read_current(connection, mart.full_name) for mart in DAILY_MARTS]


def list_days(lake: Lake) -> list[date]:
    """The days with trusted reports."""
    with reading(lake.engine) as connection:
        return sorted({file.day for file in read_files(connection, TRUSTED_REPORTS.full_name)})


@dataclass
class ComparingEngine:
    """Runs every statement on DuckDB and on Spark, and counts the rows that differ."""

    duckdb: MartEngine
    spark: MartEngine
    rows: int = 0
    differing: int = 0

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        """The rows of DuckDB."""
        expected = self.duckdb.run(sql, inputs, result)
        began = time.perf_counter()
        found = self.spark.run(sql, inputs, result)
        took_s = time.perf_counter() - began
        sys.stderr.write(f"{result.full_name}: {len(found)} rows, Spark {took_s:.1f} s\n")
        self.rows += len(expected)
        self.differing += count_differences(result, expected, found)
        return expected


def compare_with_spark(folder: str) -> None:
    """Build every mart of every day, and the profiles, on both engines."""
    from cloud.cli.stream_spark import session
    from cloud.marts.spark_engine import SparkEngine

    spark = session(
        {"spark.master": "local[2]", "spark.ui.enabled": "false",
         "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "2g",
         "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
         "spark.sql.shuffle.partitions": "2", "spark.local.dir": f"{folder}/spark"}
    )  # fmt: skip
    spark.sparkContext.setLogLevel("ERROR")
    engine = ComparingEngine(DuckDbEngine(), SparkEngine(spark))
    lake, sites = open_lake(folder), load_sites(Path(folder, "sites.yaml"))
    watch = Watch()
    with watch.measure():
        list(build_days(lake, engine, sites, list_days(lake), now=utc_now()))
        build_profiles(lake, engine, sites, now=utc_now())
        list(build_seasons(lake, engine, sites, now=utc_now()))
    spark.stop()
    lake.engine.dispose()
    watch.print("Spark", f"{engine.differing} of {engine.rows:,} rows differ")
    sys.exit(1 if engine.differing else 0)


def count_differences(mart: LakeTable, expected: pa.Table, found: pa.Table) -> int:
    """Rows of either table that the other does not have."""
    order = [(name, "ascending") for name in (DAY, *mart.sort_by)]
    expected = expected.sort_by(order)
    found = found.select(expected.column_names).cast(expected.schema).sort_by(order)
    if expected.equals(found):
        return 0
    pairs = zip(expected.to_pylist(), found.to_pylist(), strict=False)
    return abs(len(expected) - len(found)) + sum(a != b for a, b in pairs)


def inputs_of(lake: Lake, sites: Sites, day: date) -> dict[str, Any]:
    """What the SQL of the daily marts reads for one day."""
    with reading(lake.engine) as connection:
        trusted = {
            f"trusted_{table.name}": LakeFiles(
                lake.storage, table, read_files(connection, table.full_name, days=[day])
            )
            for table in SOURCES
        }
    return trusted | SiteTables(sites, DAILY_MARTS).list_tables(day, until=utc_now())


def open_lake(folder: str) -> Lake:
    """The lake and its manifest."""
    engine = database.open_or_make(f"sqlite:///{folder}/onlooker.db")
    return Lake(open_storage(f"{folder}/lake"), engine)


if __name__ == "__main__":
    sys.exit(main())
