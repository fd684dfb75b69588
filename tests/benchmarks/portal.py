"""What the portal loads, and what its live viewers cost.

Run it alone on the machine, after `make portal`: `python tests/benchmarks/portal.py`. The real
program serves 100 locations, whose reports arrive ten times a minute each. Chromium measures the
first load and the share of a core of the live page; 500 viewers hold a stream of events each, while
prices are asked with and without them.
"""

import argparse
import asyncio
import http.client
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from cloud import database  # noqa: E402
from cloud.ingest.commit import commit  # noqa: E402
from cloud.ingest.sources.message_source import Delivery  # noqa: E402
from cloud.ingest.validate import validate  # noqa: E402
from tests.browser import PROGRAMS  # noqa: E402
from tests.cloud.databases import create_tables  # noqa: E402
from tests.cloud.portal.node_runs import WEB, environment  # noqa: E402
from tests.cloud.rates import SITES_FILE  # noqa: E402
from tests.report_builder import build_report  # noqa: E402
from wire.envelope import audience_event, encode_event  # noqa: E402
from wire.scalars import SequenceRange  # noqa: E402

LOCATIONS = 100
VIEWERS = 500
REPORT_EVERY_S = 6
LIMITS = {"first load, kB gzip": 350.0, "interactive, s": 1.5, "live page, % of a core": 5.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20, help="how long each figure is measured")
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = database.connect(f"sqlite:///{folder}/onlooker.db")
        create_tables(engine)
        with served(folder) as (port, pid), reporting(engine, write_sites(folder)):
            figures = measure_pages(folder, port, chosen.seconds)
            alone = percentile_ms(port, chosen.seconds)
            before_mb = resident_mb(pid)
            samples = asyncio.run(watch(port, pid, chosen.viewers, chosen.seconds))
        engine.dispose()
    for title, value in figures.items():
        print(f"{title:<34}{value:>10.2f}   limit {LIMITS[title]:g}")
    print(f"{'price, P99 ms, no viewers':<34}{alone:>10.2f}")
    print(f"{f'price, P99 ms, {chosen.viewers} viewers':<34}{samples['p99_ms']:>10.2f}")
    print(f"{'events received':<34}{samples['events']:>10}")
    memory = [before_mb, *samples["resident_mb"]]
    print("server memory, MB: before the viewers, then while they watch:", *map(round, memory))
    return int(any(value > LIMITS[title] for title, value in figures.items()))


def write_sites(folder: Path) -> list[str]:
    """A sites file of many locations; returns their ids."""
    given = yaml.safe_load(SITES_FILE.read_text())
    sources = itertools.cycle(given["locations"])
    locations = [
        {**next(sources), "id": f"L{n:03}", "name": f"Screen {n}", "cameras": [f"l{n:03}-cam-1"]}
        for n in range(LOCATIONS)
    ]
    text = json.dumps({**given, "locations": locations}, default=str)  # JSON is YAML
    (folder / "sites.yaml").write_text(text)
    return [one["id"] for one in locations]


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of the real program."""
    write_sites(folder)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = ["--database", f"sqlite:///{folder}/onlooker.db", "--sites", f"{folder}/sites.yaml"]
    command = [sys.executable, "-m", "cloud", "serve", "--port", str(port), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            wait_until_ready(port)
            yield port, server.pid
        finally:
            server.terminate()


def wait_until_ready(port: int) -> None:
    for _ in range(600):
        try:
            get(http.client.HTTPConnection("127.0.0.1", port, timeout=10), "/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not come up")


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {body[:300]!r}")
    return body


@contextmanager
def reporting(engine: Engine, locations: list[str]) -> Iterator[None]:
    """Reports of every location arrive in a steady stream."""
    stopped = threading.Event()
    thread = threading.Thread(target=_report, args=(engine, locations, stopped))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _report(engine: Engine, locations: list[str], stopped: threading.Event) -> None:
    interval = timedelta(seconds=REPORT_EVERY_S)
    for number in itertools.count(1):
        now = datetime.now(UTC)
        results: list[Any] = []
        for location in locations:
            device = f"{location.lower()}-cam-1"
            report = build_report(
                location=location, device=device, journal="00000000000000a1",
                sequence=SequenceRange(first=number, last=number),
                starts_at=now - interval, ends_at=now, observed_ms=REPORT_EVERY_S * 1000,
                person_ms=9_000, entries=2, peak=2,
            )  # fmt: skip
            topic = f"onlooker/v1/{location}/{device}/audience"
            delivery = Delivery(topic, encode_event(audience_event(report)))
            results += validate(delivery, is_listed=lambda *_: True, now=now)
        commit(engine, results, now)
        if stopped.wait(REPORT_EVERY_S):
            return


def measure_pages(folder: Path, port: int, seconds: int) -> dict[str, float]:
    """First load, and the live page, in Chromium."""
    chromium = next(filter(None, map(shutil.which, PROGRAMS)))
    config = {"address": f"http://127.0.0.1:{port}", "chromium": chromium, "seconds": seconds}
    file = folder / "budgets.json"
    file.write_text(json.dumps(config))
    done = subprocess.run(
        ["node", "journeys/lib/budgets.mjs", str(file)],
        cwd=WEB, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def percentile_ms(port: int, seconds: float) -> float:
    """P99 of the price of one slot, asked one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    day = datetime.now(UTC).date() + timedelta(days=3)
    taken, ends = [], time.monotonic() + seconds
    for hour in itertools.cycle(range(6, 23)):
        started = time.perf_counter()
        get(connection, f"/api/pricing/slot/L{hour:03}/{day}T{hour:02}:00")
        taken.append((time.perf_counter() - started) * 1000)
        if time.monotonic() > ends:
            return sorted(taken)[int(0.99 * len(taken))]
        time.sleep(0.01)
    raise AssertionError


async def watch(port: int, pid: int, viewers: int, seconds: int) -> dict[str, Any]:
    """Viewers hold streams of events while prices are asked."""
    counted = [0]
    tasks = [asyncio.create_task(view(port, counted)) for _ in range(viewers)]
    await asyncio.sleep(min(10, seconds / 2))
    asked = asyncio.create_task(asyncio.to_thread(percentile_ms, port, seconds))
    resident = []
    while not asked.done():
        resident.append(resident_mb(pid))
        await asyncio.sleep(seconds / 5)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [one for one in ended if not isinstance(one, asyncio.CancelledError)]
    if refused:
        raise SystemExit(f"{len(refused)} of {viewers} viewers lost their stream: {refused[0]!r}")
    if counted[0] == 0:
        raise SystemExit(f"no event has arrived in {seconds} s: measure longer, on an idle machine")
    return {"p99_ms": await asked, "events": counted[0], "resident_mb": resident}


async def view(port: int, counted: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /api/live?what=window HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async for line in reader:
            counted[0] += b"event: window" in line
    finally:
        writer.close()


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
