"""How fast positions are held and booked, and whether any is sold twice under attack.

Run it alone on the machine: `python tests/benchmarks/booking_fight.py`. In the fight, eight
processes that are killed at random take the same two hundred slots. CPU is that of the measuring
process, the least of all rounds; the commits of PostgreSQL are on disk (`fsync` on).
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.api.booking.avails import AvailsRequest, read_avails
from cloud.app.context import AppContext
from cloud.booking.capacity import take
from cloud.booking.holds import place_hold, release_hold
from cloud.booking.orders.policy import load_booking_policy
from cloud.booking.slots import SlotDemand
from cloud.booking.transactions import run_booking
from cloud.sites.sites import Sites
from simulators.servers.postgresql import Postgresql
from tests.cloud.booking.booking_fight import fight
from tests.cloud.booking.capacity_data import NOW, SITES
from tests.cloud.booking.test_holds import hold
from tests.cloud.rates import CARD
from wire.process.garbage import reduce_garbage_collection

SCREENS = 100
FIRST_S = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
KINDS = ("sqlite", "postgresql")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=120, help="of each of eight processes")
    parser.add_argument("--kills", type=int, default=40, help="during the fight")
    parser.add_argument("--bookings", type=int, default=2_000, help="of one slot each")
    parser.add_argument("--rounds", type=int, default=30, help="of holds and of avails")
    options = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sites = many_sites()
    reduce_garbage_collection()  # as `python -m cloud serve` does
    sold_twice = False
    for kind in KINDS:
        with opened(kind) as url:
            engine = database.connect(url)
            measure_holds(kind, engine, sites, options.rounds)
            measure_avails(kind, engine, sites, options.rounds)
            measure_bookings(kind, engine, sites, options.bookings)
            engine.dispose()
        with opened(kind) as url:
            sold_twice |= measure_fight(kind, url, options.requests, options.kills)
    return int(sold_twice)


def many_sites() -> Sites:
    one = SITES.location("KX-01")
    return Sites(
        tuple(
            msgspec.structs.replace(one, id=f"S-{number:03}", listed_cameras=())
            for number in range(SCREENS)
        )
    )


@contextmanager
def opened(kind: str) -> Iterator[str]:
    """The address of a new database of a kind."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/onlooker.db"
            database.open_or_make(url).dispose()
            yield url
            return
        Path(folder).chmod(0o755)
        server = Postgresql(Path(folder, "cluster"), durable=True)
        server.start()
        try:
            database.open_or_make(server.url).dispose()
            yield server.url
        finally:
            server.stop()


def measure_holds(kind: str, engine: Engine, sites: Sites, rounds: int) -> None:
    """1,800 slots of 75 screens: placed, then released."""
    slots = [SlotDemand(f"S-{at % 75:03}", FIRST_S + at // 75 * 3600) for at in range(1_800)]
    policy = load_booking_policy().hold_policy
    placed, released = [], []
    for number in range(rounds):
        one = hold(f"h-{number}", slots, account=f"a{number}")
        one = replace(one, latest_at=NOW + timedelta(days=1))
        placed.append(timed(engine, lambda c, one=one: place_hold(c, sites, one, policy=policy)))
        released.append(timed(engine, lambda c, one=one: release_hold(c, one.id, None, NOW)))
    report(kind, "hold of 1,800 slots", placed)
    report(kind, "release of it", released)


def measure_avails(kind: str, engine: Engine, sites: Sites, rounds: int) -> None:
    """A hundred screens for four weeks; a third of the hours is booked, in blocks of four."""
    with database.writing(engine) as connection:
        for number in range(SCREENS):
            some = [
                SlotDemand(f"S-{number:03}", FIRST_S + hour * 3600, 1 + hour // 4 % 5)
                for hour in range(672)
                if (hour // 4 + number) % 3 == 0
            ]
            take(connection, sites, some, line_id=f"b-{number}", until=None, now=NOW)
    context = AppContext(engine, sites, CARD, lambda: NOW)
    asked = AvailsRequest.model_validate(
        {"locations": [one.id for one in sites], "from": "2026-11-23", "until": "2026-12-21"}
    )
    spent = [clocked(lambda: read_avails(context, asked)) for _ in range(rounds)]
    report(kind, "avails, 100 screens x 4 weeks", spent)


def measure_bookings(kind: str, engine: Engine, sites: Sites, bookings: int) -> None:
    """One slot each, from four threads, each in a transaction of its own."""

    def book(number: int) -> None:
        slot = SlotDemand(f"S-{number % SCREENS:03}", FIRST_S + (700 + number // 500) * 3600)
        run_booking(
            engine,
            lambda c: take(c, sites, [slot], line_id=f"n-{number}", until=None, now=NOW),
        )

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(book, range(bookings)))
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"{kind:<11}{'bookings':<32}{bookings / wall:8.0f} a second"
        f"{1000 * spent / bookings:9.2f} CPU ms each"
    )


def measure_fight(kind: str, url: str, requests: int, kills: int) -> bool:
    began = time.perf_counter()
    result = fight(url, workers=8, requests=requests, kills=kills)
    found = (*result.report.findings, *result.report.oversold)
    print(
        f"{kind:<11}{'fight of 8 processes':<32}{time.perf_counter() - began:8.1f} s, answers "
        f"{dict(sorted(result.answers.items()))}, {kills} kills, {result.holds} holds, "
        f"{len(found)} findings, {result.repeated_keys} keys executed twice, "
        f"exit codes {dict(result.exit_codes)}"
    )
    for line in found[:5]:
        print(f"  {line}")
    return bool(found or result.repeated_keys or set(result.exit_codes) != {0})


def timed(engine: Engine, work: Callable[[Connection], object]) -> tuple[float, float]:
    def transaction() -> None:
        with database.writing(engine) as connection:
            work(connection)

    return clocked(transaction)


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU milliseconds."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu)


def report(kind: str, what: str, spent: list[tuple[float, float]]) -> None:
    wall = sorted(one[0] for one in spent)
    cpu = min(one[1] for one in spent)
    p95 = wall[int(0.95 * (len(wall) - 1))]
    print(
        f"{kind:<11}{what:<32}{statistics.median(wall):8.1f} ms P50{p95:9.1f} ms P95"
        f"{cpu:9.1f} CPU ms"
    )


if __name__ == "__main__":
    raise SystemExit(main())
