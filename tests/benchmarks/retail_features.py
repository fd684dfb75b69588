"""Features of shops on DuckDB: processor time and memory for ten million rows.

`python tests/benchmarks/retail_features.py [--rows N]`: price points of 91 days, several a day for
each SKU and store, and two years of weekly rows, as Parquet files of one day or week each. The
statement runs in a process of its own, whose processor time and memory are measured.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import numpy as np
import pyarrow as pa

from cloud.database import connect, create, reading
from cloud.lake.curated.retail import RETAIL_FEATURES, RETAIL_WEEKLY
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY, TIMESTAMP
from cloud.lake.writer import append
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.retail.calendars import StorePlace
from cloud.marts.retail.features import build_feature_days
from cloud.marts.retail.weekly import TRUSTED_POINTS

AS_OF = date(2026, 1, 31)
NOW = datetime(2026, 2, 1, 3, tzinfo=UTC)
POINTS_A_DAY = 4
DAYS, WEEKS = 91, 104
STORES = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        return measure(Path(arguments.measure))
    series = arguments.rows // (DAYS * POINTS_A_DAY + WEEKS)
    with tempfile.TemporaryDirectory() as folder:
        fill(open_lake(Path(folder)), series)
        words = [sys.executable, __file__, "--measure", folder]
        print(subprocess.run(words, check=True, capture_output=True, text=True).stdout, end="")
    return 0


def measure(folder: Path) -> int:
    lake = open_lake(folder)
    with reading(lake.engine) as connection:
        rows = sum(
            file.rows
            for table in (TRUSTED_POINTS, RETAIL_WEEKLY)
            for file in read_files(connection, table.full_name)
        )
    places = [StorePlace(f"s-{n:03}", 51 + n / 50, n / 50, "urban", 100) for n in range(STORES)]
    began, wall = time.process_time(), time.perf_counter()
    with DuckDbEngine().open() as engine:
        (built,) = build_feature_days(lake, engine, places, [AS_OF], now=NOW)
    figures = {
        "rows read": rows, "feature rows": built.rows,
        "columns": len(RETAIL_FEATURES.columns),
        "CPU s": round(time.process_time() - began, 1),
        "wall s": round(time.perf_counter() - wall, 1),
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(figures))
    return 0


def open_lake(folder: Path) -> Lake:
    engine = connect(f"sqlite:///{folder}/onlooker.db")
    create(engine)
    return Lake(open_storage(str(folder / "lake")), engine)


def fill(lake: Lake, series: int) -> None:
    chance = np.random.default_rng(1)
    skus = [f"sku-{n // STORES:04}" for n in range(series)]
    stores = [f"s-{n % STORES:03}" for n in range(series)]
    usual = chance.integers(100, 900, series)
    for day in (AS_OF - timedelta(days=age) for age in range(DAYS)):
        append(lake, TRUSTED_POINTS, draw_points(chance, day, skus, stores, usual),
               now=NOW)  # fmt: skip
    for age in range(WEEKS):
        week_on = date(2026, 1, 19) - timedelta(weeks=age)
        append(lake, RETAIL_WEEKLY, draw_week(chance, week_on, skus, stores, usual), now=NOW)


def draw_points(chance, day, skus, stores, usual) -> pa.Table:
    size = len(skus) * POINTS_A_DAY
    midnight = datetime.combine(day, clock(), UTC)
    hours = np.tile(np.arange(POINTS_A_DAY) * 5, len(skus))
    instants = [midnight + timedelta(hours=one) for one in range(0, 5 * POINTS_A_DAY, 5)]
    price = np.repeat(usual, POINTS_A_DAY) * chance.choice([100, 100, 100, 85], size) // 100
    units = chance.poisson(5, size)
    competitor = np.repeat(usual, POINTS_A_DAY) * chance.choice([95, 100, 105], size) // 100
    texts = {
        "product": np.repeat(skus, POINTS_A_DAY), "sku": np.repeat(skus, POINTS_A_DAY),
        "store": np.repeat(stores, POINTS_A_DAY),
    }  # fmt: skip
    numbers = {
        "price_minor": price, "cost_minor": price * 6 // 10, "units": units,
        "list_price_minor": np.repeat(usual, POINTS_A_DAY), "revenue_minor": price * units,
        "discount_bp": np.where(price < np.repeat(usual, POINTS_A_DAY), 1500, 0),
        "inventory": chance.integers(0, 80, size), "competitor_price_minor": competitor,
        "base_price_minor": price, "base_cost_minor": price * 6 // 10,
        "base_revenue_minor": price * units, "base_competitor_minor": competitor,
    }  # fmt: skip
    at = pa.array(instants, TIMESTAMP).take(pa.array(hours // 5))
    promotion = pa.array(["deal", None]).take(
        pa.array((price >= np.repeat(usual, POINTS_A_DAY)) * 1)
    )
    constant = {
        "source": "till", "category": "juice", "region": "north", "city": "Town",
        "postcode": "1000", "currency": "EUR", "base_currency": "EUR",
    }  # fmt: skip
    columns = {
        **{name: pa.array(values) for name, values in texts.items()},
        **{name: pa.array(values.astype(np.int64)) for name, values in numbers.items()},
        **{name: pa.repeat(text, size) for name, text in constant.items()},
        "event_id": pa.array([f"{day}{n}" for n in range(size)]),
        "observed_at": at, "received_at": at, "promotion": promotion,
        "holiday": pa.nulls(size, pa.string()), "rated_on": pa.nulls(size, pa.date32()),
        "is_outlier": pa.repeat(False, size), DAY: pa.repeat(pa.scalar(day, pa.date32()), size),
    }  # fmt: skip
    schema = TRUSTED_POINTS.schema.append(pa.field(DAY, pa.date32()))
    return pa.table([columns[name] for name in schema.names], schema=schema)


def draw_week(chance, week_on, skus, stores, usual) -> pa.Table:
    size = len(skus)
    price = usual * chance.choice([100, 100, 100, 85], size) // 100
    units = chance.poisson(5e6 / price**1.5) + 1
    numbers = {
        "observed_days": 7, "points": 28, "outlier_points": 0, "units": units,
        "revenue_minor": price * units, "price_minor": price, "list_price_minor": usual,
        "cost_minor": price * 6 // 10, "competitor_price_minor": usual, "deal_days": 0,
        "feature_days": 0, "holiday_days": int(week_on.day < 7), "stockout_days": 0,
        "inventory_end": 40,
    }  # fmt: skip
    midnight = datetime.combine(week_on + timedelta(days=6), clock(23), UTC)
    columns = {
        "product": pa.array(skus), "sku": pa.array(skus), "store": pa.array(stores),
        **{name: pa.array(np.broadcast_to(one, size).astype(np.int64))
           for name, one in numbers.items()},
        "week_on": pa.repeat(pa.scalar(week_on, pa.date32()), size),
        "region": pa.repeat("north", size), "category": pa.repeat("juice", size),
        "currency": pa.repeat("EUR", size),
        "received_at": pa.repeat(pa.scalar(midnight, TIMESTAMP), size),
        DAY: pa.repeat(pa.scalar(week_on, pa.date32()), size),
    }  # fmt: skip
    schema = RETAIL_WEEKLY.schema.append(pa.field(DAY, pa.date32()))
    return pa.table([columns[name] for name in schema.names], schema=schema)


if __name__ == "__main__":
    sys.exit(main())
