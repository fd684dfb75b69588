"""How fast questions about a large network are answered, and what evaluating its alerts costs.

Run it alone on the machine: `python tests/benchmarks/audience_api.py [--database URL]`. A database
with two days of hours at 10,000 places, and the last hour of their minutes, is filled by the code
that counts reports, then served by the real program; each question is asked anew until the second
in which answers are remembered is over. CPU is that of the server's process only.
"""

import argparse
import http.client
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.alerting.measures import read_measures
from cloud.database import SUMS
from cloud.ingest import report_store, venue_sums
from cloud.ingest.minute_sums import MinuteSums
from cloud.windows.venue_types import sync_venue_types
from tests.served_api import fetch, serve_api

VENUES = ("10503", "10604", "20301", "30101", "40101", "50101", "60101", "70101")
MINUTE_MS = 60_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--times", type=int, default=40, help="how often each is asked")
    parser.add_argument("--database", help="an empty one (without: SQLite in a scratch folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.database or f"sqlite:///{folder}/onlooker.db"
        engine = database.connect(url)
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        fill(engine, chosen.places, chosen.days, now)
        watch(engine, chosen.places, now)
        with serve_api(url) as (port, pid):
            print(f"\n{'question':<34}{'P50 ms':>9}{'P95 ms':>9}{'CPU ms':>9}{'kB':>9}")
            for name, path in questions(now, chosen.places).items():
                asked(name, path, port, pid, chosen.times)
        engine.dispose()
    return 0


def questions(now: datetime, places: int) -> dict[str, str]:
    end = now.replace(minute=0)
    day, hour = ((end - timedelta(hours=some)).strftime("%Y-%m-%dT%H:00Z") for some in (24, 1))
    until = f"until={end:%Y-%m-%dT%H:00Z}"
    first, one = f"P-{places // 2:05}", "KX-01"
    return {
        "all places, a day": f"/api/audience?from={day}&{until}",
        "by venue type, an hour": f"/api/audience?by=venue_type&from={hour}&{until}",
        "by venue type, a day": f"/api/audience?by=venue_type&from={day}&{until}",
        "by hour, a day": f"/api/audience?by=hour&from={day}&{until}",
        "by venue type and hour, a day": f"/api/audience?by=venue_type&by=hour&from={day}&{until}",
        "hundred places, a day": f"/api/audience?by=location&from={day}&{until}&after={first}",
        "the same of one venue type": f"/api/audience?by=location&from={day}&{until}"
        "&venue_type=10604",
        "hundred places, an hour": f"/api/audience?by=location&from={hour}&{until}&after={first}",
        "cameras of hundred places, a day": f"/api/audience?by=device&from={day}&{until}",
        "age and gender, a day": f"/api/demographics?by=venue_type&from={day}&{until}",
        "one place by hour, a day": f"/api/audience?by=hour&location={one}&from={day}&{until}",
        "windows of one place, an hour": f"/api/audience/{one}?window=5m",
    }


def named(places: int) -> list[str]:
    """All but one are unknown to the sample sites file."""
    return ["KX-01", *(f"P-{number:05}" for number in range(1, places))]


def fill(engine: Engine, places: int, days: int, now: datetime) -> None:
    began = time.perf_counter()
    database.create(engine)
    rough, names = random.Random(7), named(places)
    rows = [row(rough) for _ in range(997)]
    with database.writing(engine) as connection:
        sync_venue_types(
            connection, {name: VENUES[i % len(VENUES)] for i, name in enumerate(names)}
        )
    end = now.replace(minute=0)
    for hour in range(days * 24):
        hour_at = int((end - timedelta(hours=hour)).timestamp())
        tallies = MinuteSums()
        for number, name in enumerate(names):
            tallies.hours[name, hour_at, f"{name}-cam"] = scaled(rows[(number + hour) % 997], 60)
            if number % 10 == 0:
                cell = (name, hour_at, f"{name}-cam", "25-34", "female")
                tallies.demographics[cell] = [5, 1]
        write(engine, tallies, now)
    for age in range(60):
        minute_at = int((now - timedelta(minutes=age + 1)).timestamp())
        tallies = MinuteSums()
        for number, name in enumerate(names):
            tallies.minutes[name, minute_at, f"{name}-cam"] = rows[(number + age) % 997]
        write(engine, tallies, now)
    print(f"filled {places} places, {days} days in {time.perf_counter() - began:.0f} s")


def write(engine: Engine, tallies: MinuteSums, now: datetime) -> None:
    with database.writing(engine) as connection:
        report_store.add_sums(connection, tallies, now)
        venue_sums.add_venue_sums(connection, tallies, 0)


def row(rough: random.Random) -> list[int]:
    """A minute of a place, in the order of `SUMS`, and its peak."""
    people = rough.randint(0, 12)
    values = dict.fromkeys(SUMS, 0) | {
        "reports": 12, "interval_ms": MINUTE_MS, "observed_ms": 58_000, "blind_dark_ms": 2_000,
        "person_ms": people * 9_000, "facing_ms": people * 6_000, "looking_ms": people * 3_000,
        "unsure_ms": people * 500, "entries": people, "visits": people,
        "onlookers": people // 4, "dwell_ms": people * 9_000, "frames_captured": 600,
        "frames_analysed": 120, "dwell_05": people, "attention_03": people // 4,
    }  # fmt: skip
    return [*values.values(), people]


def scaled(sums: list[int], times: int) -> list[int]:
    return [*(value * times for value in sums[:-1]), sums[-1]]


def watch(engine: Engine, places: int, now: datetime) -> None:
    cameras = [(name, f"{name}-cam") for name in named(places)]
    took = []
    for _ in range(3):
        began = time.process_time()
        with database.reading(engine) as connection:
            measures = list(read_measures(connection, cameras, now))
        took.append(time.process_time() - began)
    print(f"a round of `alerts run`: {min(took):.2f} s CPU, {len(measures)} measures")


def asked(name: str, path: str, port: int, pid: int, times: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    took_ms, size, cpu_s = [], 0, 0.0
    for turn in range(times):
        # another count each time, so that no answer is one that is remembered
        fresh = path + ("&" if "?" in path else "?") + f"limit={100 - turn % 50}"
        before_s, began = cpu_of(pid), time.perf_counter()
        size = len(fetch(connection, fresh if "/api/audience?" in path else path))
        took_ms.append((time.perf_counter() - began) * 1000)
        cpu_s += cpu_of(pid) - before_s
        if "/api/audience?" not in path:
            time.sleep(1 - time.time() % 1)  # the next second
    took_ms.sort()
    p95 = took_ms[int(0.95 * (len(took_ms) - 1))]
    p50, cpu_ms = statistics.median(took_ms), cpu_s / times * 1000
    print(f"{name:<34}{p50:>9.1f}{p95:>9.1f}{cpu_ms:>9.1f}{size / 1000:>9.1f}", flush=True)


def cpu_of(pid: int) -> float:
    """User and system seconds of a process."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
