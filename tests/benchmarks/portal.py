"""What the portal loads, and what its live viewers cost.

Run it alone on the machine, after `make portal`: `python tests/benchmarks/portal.py`. The real
program serves 100 locations, whose reports arrive ten times a minute each. Chromium measures the
first load and the share of a core of the live page; 500 viewers hold a stream of all windows each,
while prices are asked with and without them. Reports and viewers have a process each, so that they
do not slow down what is measured. The memory is read after every viewer has received events.
"""

import argparse
import asyncio
import http.client
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, MutableSequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from cloud import database  # noqa: E402
from cloud.ingest.commit import commit  # noqa: E402
from cloud.ingest.sources.message_source import Delivery  # noqa: E402
from cloud.ingest.validate import validate  # noqa: E402
from tests.browser import find_chromium  # noqa: E402
from tests.cloud.databases import create_tables  # noqa: E402
from tests.cloud.portal.node_runs import WEB, environment  # noqa: E402
from tests.cloud.rates import SITES_FILE  # noqa: E402
from tests.report_builder import build_report  # noqa: E402
from tests.served_api import fetch, serve_api  # noqa: E402
from wire.envelope import audience_event, encode_event  # noqa: E402
from wire.scalars import SequenceRange  # noqa: E402

LOCATIONS = 100
VIEWERS = 500
REPORT_EVERY_S = 6
FIRST_EVENTS_S = 120
"""Within this time every viewer has received events."""
MEMORY_SAMPLES = 6
SPAWN = multiprocessing.get_context("spawn")
LIMITS = {"first load, kB gzip": 350.0, "interactive, s": 1.5, "live page, % of a core": 5.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20, help="how long each figure is measured")
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        locations = prepare(folder)
        api = serve_api(database_url(folder), "--sites", f"{folder}/sites.yaml")
        with api as (port, pid), reporting(folder, locations):
            figures = measure_pages(folder, port, chosen.seconds)
            alone = percentile_ms(port, chosen.seconds)
            before_mb = resident_mb(pid)
            samples = watch(port, pid, chosen.viewers, chosen.seconds)
    for title, value in figures.items():
        print(f"{title:<34}{value:>10.2f}   limit {LIMITS[title]:g}")
    print(f"{'price, P99 ms, no viewers':<34}{alone:>10.2f}")
    print(f"{f'price, P99 ms, {chosen.viewers} viewers':<34}{samples['p99_ms']:>10.2f}")
    events = sorted(samples["events"])
    print(f"{'events of all viewers a second':<34}{sum(events) / chosen.seconds:>10.0f}")
    print(f"{'events of a viewer: least, most':<34}{events[0]:>10} {events[-1]}")
    memory = [before_mb, *samples["resident_mb"]]
    print("server memory, MB: before the viewers, then while they watch:", *map(round, memory))
    return int(any(value > LIMITS[title] for title, value in figures.items()))


def prepare(folder: Path) -> list[str]:
    """Create a database and a sites file; returns the ids of the locations."""
    engine = database.connect(database_url(folder))
    create_tables(engine)
    engine.dispose()
    return write_sites(folder)


def database_url(folder: Path) -> str:
    return f"sqlite:///{folder}/onlooker.db"


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
def reporting(folder: Path, locations: list[str]) -> Iterator[None]:
    """Reports of every location arrive in a steady stream."""
    process = SPAWN.Process(target=report, args=(database_url(folder), locations), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def report(url: str, locations: list[str]) -> None:
    """Commit a report of each location every few seconds, until the process is ended."""
    engine = database.connect(url)
    for number in itertools.count(1):
        began = time.monotonic()
        now = datetime.now(UTC)
        results: list[Any] = []
        for location in locations:
            results += validate(
                build_delivery(location, number, now), is_listed=lambda *_: True, now=now
            )
        commit(engine, results, now)
        time.sleep(max(0.0, REPORT_EVERY_S - (time.monotonic() - began)))


def build_delivery(location: str, number: int, now: datetime) -> Delivery:
    """The report of one camera about the last seconds."""
    device = f"{location.lower()}-cam-1"
    audience = build_report(
        location=location, device=device, journal="00000000000000a1",
        sequence=SequenceRange(first=number, last=number),
        starts_at=now - timedelta(seconds=REPORT_EVERY_S), ends_at=now,
        observed_ms=REPORT_EVERY_S * 1000, person_ms=9_000, entries=2, peak=2,
    )  # fmt: skip
    topic = f"onlooker/v1/{location}/{device}/audience"
    return Delivery(topic, encode_event(audience_event(audience)))


def measure_pages(folder: Path, port: int, seconds: int) -> dict[str, float]:
    """First load, and the live page, in Chromium."""
    config = {"address": f"http://127.0.0.1:{port}", "chromium": find_chromium()}
    config |= {"seconds": seconds, "screens": LOCATIONS}
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
        fetch(connection, f"/api/pricing/slot/L{hour:03}/{day}T{hour:02}:00")
        taken.append((time.perf_counter() - started) * 1000)
        if time.monotonic() > ends:
            return sorted(taken)[int(0.99 * len(taken))]
        time.sleep(0.01)
    raise AssertionError


def watch(port: int, pid: int, viewers: int, seconds: int) -> dict[str, Any]:
    """Ask prices while viewers receive events; returns memory of the server and events of each."""
    resident = []
    with viewing(port, viewers) as counted, ThreadPoolExecutor(1) as pool:
        before = list(counted)
        asked = pool.submit(percentile_ms, port, seconds)
        for _ in range(MEMORY_SAMPLES):
            resident.append(resident_mb(pid))
            time.sleep(seconds / MEMORY_SAMPLES)
        events = [now - then for now, then in zip(counted, before, strict=True)]
        return {"p99_ms": asked.result(), "events": events, "resident_mb": resident}


@contextmanager
def viewing(port: int, viewers: int) -> Iterator[MutableSequence[int]]:
    """Viewers that have all received events; yields how many each has received so far."""
    counted: MutableSequence[int] = SPAWN.Array("l", viewers, lock=False)  # type: ignore[assignment]
    process = SPAWN.Process(target=run_viewers, args=(port, counted), daemon=True)
    process.start()
    try:
        ends = time.monotonic() + FIRST_EVENTS_S
        while not all(counted):
            if not process.is_alive() or time.monotonic() > ends:
                waiting = sum(count == 0 for count in counted)
                raise SystemExit(f"{waiting} of {viewers} viewers have received no event")
            time.sleep(0.2)
        yield counted
        if not process.is_alive():
            raise SystemExit("a viewer has lost its stream")
    finally:
        process.terminate()
        process.join()


def run_viewers(port: int, counted: MutableSequence[int]) -> None:
    async def run_all() -> None:
        await asyncio.gather(*(view(port, counted, number) for number in range(len(counted))))

    asyncio.run(run_all())


async def view(port: int, counted: MutableSequence[int], number: int) -> None:
    """Count the events of one stream; raises when the server ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/live?what=window HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async for line in reader:
        counted[number] += line.startswith(b"event: window")
    raise ConnectionError(f"the stream of viewer {number} has ended")


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
