"""Data products on three million rows: loading, procurement, and the answers about key figures.

`python tests/benchmarks/data_products.py [--rows N]`: files of the simulator are loaded, promoted
and run in a process of its own; key figures are asked over HTTP from one connection, each question
once when no answer is known yet, and again among others.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import httpx

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.products.definitions.product import find_product
from cloud.products.kpis.definition import list_kpis
from simulators.__main__ import main as simulate
from simulators.servers.mosquitto import free_port
from tests.cloud.databases import new_engine
from tests.cloud.products.loading import load_file, run_product
from wire.clock import utc_now

FILTERS = ("", "&filter=category:toys", "&by=category", "&search=vendor 1", "&filter=country:DE")
GRAINS = ("month", "week", "quarter")
REPEATS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--load", nargs=2, metavar=("PRODUCT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        return load(arguments.load[0], Path(arguments.load[1]))
    with tempfile.TemporaryDirectory() as folder:
        for product in ("procurement", "sales"):
            files = str(Path(folder, product))
            simulate(["products", product, "--rows", str(arguments.rows), "--out", files])
            words = [sys.executable, __file__, "--load", product, folder]
            print(subprocess.run(words, check=True, capture_output=True, text=True).stdout, end="")
        print(json.dumps(ask(Path(folder))))
    return 0


def load(name: str, folder: Path) -> int:
    lake = Lake(open_storage(str(folder / f"{name}-lake")), new_engine(folder, f"{name}.db"))
    product, now = find_product(name), utc_now()
    began = time.process_time()
    rows = sum(
        load_file(lake, product, path, now=now).rows_loaded or 0
        for path in sorted((folder / name).iterdir())
    )
    loaded = time.process_time()
    assert run_product(lake, product, now=now).failure is None
    figures = {
        "product": name, "rows": rows, "load CPU s": round(loaded - began, 1),
        "promote and run CPU s": round(time.process_time() - loaded, 1),
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(figures))
    return 0


def ask(folder: Path) -> dict[str, object]:
    port = free_port()
    words = [
        sys.executable, "-m", "cloud", "serve", "--port", str(port), "--access", "open",
        "--database", f"sqlite:///{folder}/sales.db", "--lake", str(folder / "sales-lake"),
    ]  # fmt: skip
    server = subprocess.Popen(words, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            return _measure(client)
    finally:
        server.terminate()
        server.wait()


def _measure(client: httpx.Client) -> dict[str, object]:
    base = "/api/data-products/sales/kpis"
    names = [kpi.name for kpi in list_kpis(find_product("sales"))]
    questions = [f"{base}/{name}?grain={grain}{text}"
                 for name in names for grain in GRAINS for text in FILTERS]  # fmt: skip
    _wait(client, questions[0])
    first = [_time(client, one) for one in questions[1:]]
    order = questions * REPEATS
    random.Random(1).shuffle(order)
    again = [_time(client, one) for one in order]
    together = sorted(first + again)
    return {
        "key figures": len(names), "questions": len(questions),
        "first P50 ms": _percentile(first, 50), "first P95 ms": _percentile(first, 95),
        "again P95 ms": _percentile(again, 95), "all P95 ms": _percentile(together, 95),
    }  # fmt: skip


def _wait(client: httpx.Client, path: str) -> None:
    for _ in range(300):
        try:
            client.get(path).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server does not answer")


def _time(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000


def _percentile(values: list[float], number: int) -> float:
    return round(quantiles(values, n=100)[number - 1], 1)


if __name__ == "__main__":
    sys.exit(main())
