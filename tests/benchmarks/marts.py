"""The marts over a month: DuckDB day by day, the same statements without the lake, and Spark.

Run it alone on the machine: `python tests/benchmarks/marts.py [--rows 1000000] [--spark]`. Rows are
random numbers of plausible size. "Without the lake" is the same SQL on the same files in one
DuckDB, its rows written as Parquet: what the manifest, the checks and the transactions cost is the
difference. With `--spark` every mart of every day is also computed on Spark and compared row by
row; the number of rows that differ must be 0.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cloud import database
from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.raw.audience import SORT_BY
from cloud.lake.reader import create_view, read_table
from cloud.lake.storage import open_storage
from cloud.lake.tables import TIMESTAMP, LakeTable
from cloud.lake.writer import append_all
from cloud.marts.build import DAILY_MARTS, SOURCES, build_changed_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import LakeFiles, MartEngine, compute_mart, read_sql
from cloud.marts.profiles import build_profiles, describe_period
from cloud.marts.site_inputs import SiteInputs
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from simulators.synthetic.cameras import create_sites, render_sites_file

FIRST = date(2026, 10, 1)
MICROSECONDS_PER_DAY = 86_400_000_000
AGES, GENDERS = ("18-24", "25-34", "35-44", "45-54"), ("female", "male")


def main() -> int:
    """Print one line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument("--spark", action="store_true")
    chosen = parser.parse_args()
    days = [FIRST + timedelta(days=n) for n in range(chosen.days)]
    now = datetime(2026, 12, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        fill = multiprocessing.get_context("spawn").Process(  # its memory is not counted
            target=write_trusted, args=(folder, chosen.rows // chosen.days, chosen.locations, days)
        )
        fill.start()
        fill.join()
        if fill.exitcode:
            return 1
        lake = open_lake(folder)
        sites = load_sites(Path(folder, "sites.yaml"))
        timed("DuckDB, day by day", lambda: build(lake, sites, now))
        timed("the same without the lake", lambda: build_plainly(lake, sites, days, folder, now))
        timed(
            "profiles", lambda: sum(build_profiles(lake, DuckDbEngine(), sites, now=now).values())
        )
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process {peak_mb:,.0f} MB")
        differing = compare_with_spark(lake, sites, days, now) if chosen.spark else 0
        lake.engine.dispose()
    return 1 if differing else 0


def timed(name: str, run: Callable[[], object]) -> None:
    """Print wall and CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    print(
        f"{name:28} {time.perf_counter() - wall:8.1f} s wall {time.process_time() - cpu:8.1f} s CPU"
        f"  {result} rows",
        flush=True,
    )


def build(lake: Lake, sites: Sites, now: datetime) -> int:
    """All changed days; returns the rows of all marts."""
    engine = DuckDbEngine()
    return sum(sum(one.rows.values()) for one in build_changed_days(lake, engine, sites, now=now))


def build_plainly(lake: Lake, sites: Sites, days: list[date], folder: str, now: datetime) -> int:
    """The same statements, without manifest, checks and transactions."""
    rows = 0
    with duckdb.connect(config={"threads": 2, "memory_limit": "400MB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for day in days:
            for name, source in inputs_of(lake, sites, day, now).items():
                if isinstance(source, LakeFiles):
                    create_view(connection, source.storage, source.table, source.files, name=name)
                else:
                    connection.register(name, source)
            for mart in DAILY_MARTS:
                found = connection.sql(read_sql(mart.name)).to_arrow_table()
                pq.write_table(found, f"{folder}/{mart.name}-{day}.parquet", compression="zstd")
                rows += len(found)
    return rows


def compare_with_spark(lake: Lake, sites: Sites, days: list[date], now: datetime) -> int:
    """Rows that differ between Spark and the lake's tables, which DuckDB wrote."""
    from cloud.cli.stream_spark import session
    from cloud.marts.spark_engine import SparkEngine

    spark = session(
        {"spark.master": "local[2]", "spark.ui.enabled": "false",
         "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "2g",
         "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
         "spark.sql.shuffle.partitions": "2"}
    )  # fmt: skip
    spark.sparkContext.setLogLevel("ERROR")
    engine = SparkEngine(spark)
    wall, differing, rows = time.perf_counter(), 0, 0
    for day in days:
        for mart in DAILY_MARTS:
            expected = read_table(lake, mart, days=[day])
            found = run_sorted(engine, mart, inputs_of(lake, sites, day, now))
            differing += count_differences(expected, found)
            rows += len(expected)
    with reading(lake.engine) as connection:
        metrics = read_files(connection, AUDIENCE_METRICS.full_name)
    last = days[-1]
    in_period = [file for file in metrics if last - timedelta(days=27) <= file.day]
    inputs = {
        "audience_metrics": LakeFiles(lake.storage, AUDIENCE_METRICS, in_period),
        "profile_period": describe_period(last - timedelta(days=27), last),
    }
    expected = read_table(lake, LOCATION_PROFILES)
    differing += count_differences(expected, run_sorted(engine, LOCATION_PROFILES, inputs))
    rows += len(expected)
    print(f"Spark, {time.perf_counter() - wall:.1f} s: {differing} of {rows} rows differ")
    spark.stop()
    return differing


def run_sorted(engine: MartEngine, mart: LakeTable, inputs: dict[str, Any]) -> pa.Table:
    """The rows of a mart in the order of the lake."""
    order = [(name, "ascending") for name in mart.sort_by]
    return compute_mart(engine, mart, inputs).sort_by(order)


def count_differences(expected: pa.Table, found: pa.Table) -> int:
    """Rows of either table that the other does not have at the same place."""
    if expected.equals(found.select(expected.column_names).cast(expected.schema)):
        return 0
    pairs = zip(expected.to_pylist(), found.to_pylist(), strict=False)
    return abs(len(expected) - len(found)) + sum(a != b for a, b in pairs)


def inputs_of(lake: Lake, sites: Sites, day: date, now: datetime) -> dict[str, Any]:
    """What the SQL of the daily marts reads for one day."""
    with reading(lake.engine) as connection:
        trusted = {
            f"trusted_{table.name}": LakeFiles(
                lake.storage, table, read_files(connection, table.full_name, days=[day])
            )
            for table in SOURCES
        }
    return trusted | SiteInputs(sites, DAILY_MARTS).list_tables(day, until=now)


def open_lake(folder: str) -> Lake:
    """The lake and its manifest."""
    engine = database.open_or_make(f"sqlite:///{folder}/onlooker.db")
    return Lake(open_storage(f"{folder}/lake"), engine)


def write_trusted(folder: str, rows_per_day: int, locations: int, days: list[date]) -> None:
    """Fill the trusted zone, and write the sites file of its locations."""
    cameras = create_sites(locations, seed=1)
    Path(folder, "sites.yaml").write_text(render_sites_file(cameras))
    lake = open_lake(folder)
    rng = np.random.default_rng(1)
    for number, day in enumerate(days):
        reports = generate_reports(rng, day, rows_per_day, locations, number * rows_per_day)
        demographics = generate_demographics(rng, reports)
        parts = list(zip(SOURCES[:2], (reports, demographics), strict=True))
        append_all(lake, parts, now=datetime(2026, 12, 1, tzinfo=UTC))
    lake.engine.dispose()


def generate_reports(
    rng: np.random.Generator, day: date, rows: int, locations: int, after: int
) -> pa.Table:
    """Random reports of a day. Counts have no relation to each other."""
    numbers = rng.integers(1, locations + 1, rows)
    midnight = (day - date(1970, 1, 1)).days * MICROSECONDS_PER_DAY
    starts = midnight + rng.integers(0, 86_390, rows) * 1_000_000
    names = [f"SIM-{number:05d}" for number in numbers]
    filled: dict[str, Any] = {
        "location": names,
        "device": [f"{name.lower()}-cam-1" for name in names],
        "starts_at": pa.array(starts, TIMESTAMP),
        "ends_at": pa.array(starts + 10_000_000, TIMESTAMP),
        "first_sequence": after + np.arange(rows),
        "observed_ms": rng.integers(0, 10_000, rows),
        "day": pa.array([day] * rows, pa.date32()),
    }
    table = SOURCES[0]
    for column in table.columns:
        if column.name not in filled:
            filled[column.name] = _generate_column(rng, column.type, rows)
    bands = pa.array(rng.integers(0, 1_000, rows), mask=rng.random(rows) < 0.1)
    filled["band_high_ms"] = bands
    return pa.table(filled)


def _generate_column(rng: np.random.Generator, kind: pa.DataType, rows: int) -> Any:
    if kind == pa.int64():
        return rng.integers(0, 40, rows)
    if kind == TIMESTAMP:
        return pa.array(np.full(rows, 1_790_000_000_000_000), TIMESTAMP)
    return pa.array(["a1"] * rows)


def generate_demographics(rng: np.random.Generator, reports: pa.Table) -> pa.Table:
    """A cell of one age and gender for every report."""
    rows = len(reports)
    kept = {name: reports.column(name) for name in (*SORT_BY, "day")}
    more = {
        "age": pa.array(np.array(AGES)[rng.integers(0, len(AGES), rows)]),
        "gender": pa.array(np.array(GENDERS)[rng.integers(0, len(GENDERS), rows)]),
        "visits": rng.integers(1, 9, rows),
        "onlookers": rng.integers(0, 2, rows),
    }
    return pa.table(kept | more)


if __name__ == "__main__":
    sys.exit(main())
