"""How fast the API answers: at the pace of a sales floor, and as fast as it can.

Run it alone on the machine: `python tests/benchmarks/price_api.py`. A database with weeks of
invented hours is served by the real program; the paced questions come one by one at 1,000 a minute
whatever the answers take (an answer is timed from when it was due), the saturated ones from wrk
where it is installed. CPU is that of the server's process only.
"""

import argparse
import http.client
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.forecast import venue_profiles
from cloud.sites.sites_file import load_sites
from tests.served_api import serve_api
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

WEEKS = 30
PACE_PER_MINUTE = 1000
HOUR_MS = 3_600_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/onlooker.db"
        fill(url)
        with serve_api(url) as (port, pid):
            head = (f"{word:>9}" for word in ("answers", "P50 ms", "P95 ms", "P99 ms", "per s"))
            print(f"{'question':<28}{'how':<12}{''.join(head)}{'CPU us':>9}")
            for name, path in questions().items():
                paced(name, path, port, pid, seconds)
                if shutil.which("wrk"):
                    saturated(name, path, port, pid, seconds)
    return 0


def questions() -> dict[str, str]:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    return {
        "price, in memory": f"/api/pricing/slot/KX-01/{day}T08:00",
        "price, worked out": "/api/pricing/slot/KX-01/{slot}",
        "forecast of a week": "/api/pricing/forecast/KX-01",
        "inventory of an hour": f"/api/inventory?time_slot={day}T08:00",
        "windows of an hour": "/api/audience/KX-01?window=5m",
    }


def fill(url: str) -> None:
    """Thirty weeks of hours at every location of the sample sites file."""
    engine = database.connect(url)
    database.create(engine)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rough = random.Random(7)
    for site in load_sites():
        kind = venue_profiles.find_venue(site.venue)
        shape = venue_profiles.build_week_shape((now - timedelta(days=now.weekday())).date())
        rows = []
        for age in range(WEEKS * 168):
            at = now - timedelta(hours=age)
            people = int(
                kind.entries * shape[at.weekday() * 24 + at.hour] * rough.uniform(0.7, 1.4)
            )
            rows.append(hour(site.id, site.device_ids[0], at, people, kind))
        with database.writing(engine) as connection:
            connection.execute(database.hour_tallies.insert(), rows)
    engine.dispose()


def hour(
    location: str, device: str, at: datetime, people: int, kind: venue_profiles.VenueProfile
) -> dict:
    dwell = [0] * (len(DWELL_EDGES_MS) + 1)
    looked = [0] * (len(ATTENTION_EDGES_MS) + 1)
    dwell[6], looked[3] = people, people
    columns = dict(zip((*database.DWELL, *database.ATTENTION), (*dwell, *looked), strict=True))
    return {
        "location": location, "device": device, "hour_at": int(at.timestamp()),
        "observed_ms": HOUR_MS, "person_ms": int(people * kind.dwell_s * 1000),
        "looking_ms": int(people * kind.attention_s_per_entry * 1000), "entries": people,
        "visits": people, "onlookers": int(people * kind.onlooker_share),
        "dwell_ms": int(people * kind.dwell_s * 1000), **columns,
    }  # fmt: skip


def ask(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        return answered(connection, path)
    finally:
        connection.close()


def answered(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


def slots() -> Iterator[str]:
    """Hours that have not been asked for yet, so that nothing is in memory."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    while True:
        at += timedelta(hours=1)
        yield at.isoformat(timespec="minutes")


def paced(
    name: str, path: str, port: int, pid: int, seconds: float, fresh: Iterator[str] | None = None
) -> None:
    every_s, took_ms = 60 / PACE_PER_MINUTE, []
    fresh = slots() if fresh is None else fresh
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    answered(connection, path.replace("{slot}", next(fresh)))
    started_s, cpu_s = time.perf_counter(), cpu_of(pid)
    for turn in range(int(seconds / every_s)):
        due_s = started_s + turn * every_s
        time.sleep(max(0.0, due_s - time.perf_counter()))
        status = answered(connection, path.replace("{slot}", next(fresh)))
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        took_ms.append((time.perf_counter() - due_s) * 1000)
    cut = statistics.quantiles(took_ms, n=100)
    spent_us = (cpu_of(pid) - cpu_s) / len(took_ms) * 1e6
    print(f"{name:<28}{'1,000/min':<12}{len(took_ms):>9}{cut[49]:>9.2f}{cut[94]:>9.2f}"
          f"{cut[98]:>9.2f}{len(took_ms) / seconds:>9.1f}{spent_us:>9.0f}")  # fmt: skip


def saturated(name: str, path: str, port: int, pid: int, seconds: float) -> None:
    if "{slot}" in path:
        return
    cpu_s = cpu_of(pid)
    said = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{int(seconds)}", "--latency", f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    count = int(re.search(r"(\d+) requests in", said)[1])
    spent_us = (cpu_of(pid) - cpu_s) / count * 1e6
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    p50, p99 = (milliseconds(said, share) for share in (50, 99))
    print(f"{name:<28}{'wrk -c16':<12}{count:>9}{p50:>9.2f}{'':>9}{p99:>9.2f}"
          f"{rate:>9.0f}{spent_us:>9.0f}")  # fmt: skip


def milliseconds(said: str, share: int) -> float:
    value, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
