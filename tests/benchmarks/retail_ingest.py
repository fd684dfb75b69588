"""How many price points a second are committed, from CSV and over HTTP, and taken into the lake.

`python tests/benchmarks/retail_ingest.py [POINTS]`: points of a simulated chain on SQLite, one
process. "Visible" is the time from the request of a batch until the portal's read of that store and
product returns it. CPU is that of this process, client included.
"""

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import Engine, func, select

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.database import reading, writing
from cloud.database.retail import retail_price_points
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.csv_import import CsvFile, import_file
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import PRODUCTS, STORES, load_master_file
from cloud.ingest.retail.rules import IngestRules
from cloud.lake.lake import Lake
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.retail_price_points import RAW_PRICE_POINTS
from cloud.lake.storage import open_storage
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from simulators.shops.chain import draw_chain
from simulators.shops.files import write_master_data, write_points
from simulators.shops.options import ChainOptions
from tests.cloud.databases import new_engine
from tests.cloud.rates import CARD, sites
from wire.process.garbage import reduce_garbage_collection

STORES_AND_PRODUCTS = (40, 50)
BATCH = 500
GOAL_A_DAY = 2_000_000


def write_files(folder: Path, points: int) -> int:
    stores, products = STORES_AND_PRODUCTS
    days = max(1, points // (stores * products))
    first_on = datetime.now(UTC).date() - timedelta(days=days)
    chain = draw_chain(ChainOptions(stores, products, days, first_on))
    write_master_data(chain, folder)
    write_points(chain, folder / "points.csv")
    return write_points(chain, folder / "points.jsonl")


def open_database(folder: Path, name: str) -> Engine:
    engine = new_engine(folder, name)
    with writing(engine) as connection:
        load_master_file(connection, STORES, folder / "stores.csv")
        load_master_file(connection, PRODUCTS, folder / "products.csv")
    return engine


def measure_csv(folder: Path) -> None:
    engine = open_database(folder, "csv.db")
    with reading(engine) as connection:
        context = IngestContext(read_master_data(connection, IngestRules()))
    began, cpu = time.perf_counter(), time.process_time()
    done = import_file(
        engine, CsvFile(folder / "points.csv", "csv"), context, clock=lambda: datetime.now(UTC)
    )
    report("CSV", done.committed, time.perf_counter() - began, time.process_time() - cpu)
    print(f"CSV: {done.errors} refused")
    engine.dispose()


async def send_batches(app: object, folder: Path) -> tuple[int, list[float]]:
    lines = (folder / "points.jsonl").read_bytes().splitlines()
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    took, committed = [], 0
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for first in range(0, len(lines), BATCH):
            body = b'{"points":[' + b",".join(lines[first : first + BATCH]) + b"]}"
            headers = {"content-type": "application/json", "idempotency-key": f"k{first}"}
            began = time.perf_counter()
            answer = await client.post("/api/retail/price-points", content=body, headers=headers)
            took.append(time.perf_counter() - began)
            committed += answer.raise_for_status().json()["committed"]
    return committed, took


def measure_http(folder: Path) -> None:
    engine = open_database(folder, "http.db")
    app = create_app(AppContext(engine, sites(), CARD))
    began, cpu = time.perf_counter(), time.process_time()
    committed, took = asyncio.run(send_batches(app, folder))
    report("HTTP", committed, time.perf_counter() - began, time.process_time() - cpu)
    took.sort()
    print(f"HTTP: a batch of {BATCH} is committed and visible after {took[len(took) // 2]:.2f} s "
          f"(median), {took[-1]:.2f} s (longest)")  # fmt: skip
    with reading(engine) as connection:
        rows = connection.execute(select(func.count()).select_from(retail_price_points)).scalar()
    size = Path(str(engine.url.database)).stat().st_size
    print(f"the database has {size / max(1, rows or 0):.0f} bytes a point")
    measure_lake(Lake(open_storage(str(folder / "lake")), engine), committed)
    engine.dispose()


def measure_lake(lake: Lake, points: int) -> None:
    """From the database to the trusted zone: the price points alone."""
    (feed,) = [one for one in FEEDS if one.raw.targets == (RAW_PRICE_POINTS,)]
    (contracted,) = [one for one in contracted_tables() if one.source is RAW_PRICE_POINTS]
    began, cpu, now = time.perf_counter(), time.process_time(), datetime.now(UTC)
    list(feed.land(lake, now))
    list(feed.promote(lake, now))
    promoted = sum(day.promoted for day in promote_days(lake, [contracted], now=now))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    assert promoted == points, "points are missing in the trusted zone"
    print(f"lake: {promoted} points in the trusted zone after {wall_s:.0f} s "
          f"({cpu_s / points * 1e6:.0f} us of CPU each)")  # fmt: skip


def report(name: str, points: int, wall_s: float, cpu_s: float) -> None:
    print(
        f"{name}: {points} points, {points / wall_s:.0f} a second, "
        f"{cpu_s / points * 1e6:.0f} us of CPU each ({points / cpu_s:.0f} a CPU-second); "
        f"{GOAL_A_DAY} a day take {GOAL_A_DAY * wall_s / points / 60:.0f} minutes"
    )


if __name__ == "__main__":
    reduce_garbage_collection()  # as the programs do
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        write_files(home, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
        measure_csv(home)
        measure_http(home)
