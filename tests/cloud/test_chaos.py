"""Broker, consumers and databases are killed in random order; every report is counted once.

A hundred made-up cameras say ten minutes of reports in 25 seconds, over a line that loses,
doubles and reorders messages, some of them merged as on a full disk. ONLOOKER_CHAOS_SEED draws
another order of deaths; what is said and which message is lost are drawn from it too.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError

from cloud.database import (
    SUMS,
    dead_letters,
    hour_tallies,
    lost_sequences,
    minute_tallies,
    reading,
    report_streams,
    reports,
)
from simulators.delivery.mqtt_client import SimulatorClient
from simulators.delivery.reliable_sender import ReliableSender, pack_batches
from simulators.fleet import ReportPace, pace_batches
from simulators.servers.mosquitto import Mosquitto
from simulators.synthetic.cameras import Period, create_sites, interleave_reports, render_sites_file
from simulators.synthetic.fault_injection import FaultProfile, FaultyConnection
from tests.programs import start_program
from wire.audience import AudienceReport

SEED = int(os.environ.get("ONLOOKER_CHAOS_SEED", "20261121"))
CAMERAS = 100
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEN_MINUTES = Period(NINE, NINE + timedelta(minutes=10), timedelta(seconds=10))
SPEED = 24
CONSUMERS = {"sqlite": 2, "postgresql": 3}
DEATHS = 3 * ["broker"] + 4 * ["a consumer"] + ["all consumers"] + 3 * ["database"]
HOLD_AND_DIE = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
database.execute("BEGIN IMMEDIATE")
database.execute("DELETE FROM minute_tallies")
print("held", flush=True)
time.sleep(60)
"""


def consumer(broker: Mosquitto, url: str, fleet: Path) -> subprocess.Popen[bytes]:
    return start_program(
        ["cloud", "stream", "--broker", broker.url, "--share", "chaos", "--database", url,
         "--sites", fleet],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def cut_or_crash(engine: Engine, chance: random.Random) -> None:
    """Every connection is cut, or one of the server's processes is killed: it restarts them all."""
    others = (
        "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    try:
        with engine.begin() as connection:
            if chance.random() < 0.5:
                connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
                return
            pids = connection.execute(text(f"SELECT pid {others}")).scalars().all()
    except OperationalError:
        return  # it lies on the ground already
    if pids:
        os.kill(chance.choice(pids), signal.SIGKILL)


def die_in_a_transaction(path: str, chance: random.Random) -> None:
    """A writer is killed while it holds the lock and has deleted every count."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_DIE, path], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"held\n"
        time.sleep(chance.uniform(0.1, 1.0))
        writer.kill()


def said_by(device_reports: list[AudienceReport]) -> dict[str, int]:
    """Sums of reports by the names of the tallies, added without any code of the cloud."""
    sums: Counter[str] = Counter(dict.fromkeys(SUMS, 0))
    for one in device_reports:
        sums["reports"] += 1
        sums["interval_ms"] += round((one.ends_at - one.starts_at).total_seconds() * 1000)
        for name in ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms", "entries",
                     "visits", "onlookers", "dwell_ms"):  # fmt: skip
            sums[name] += getattr(one, name)
        for name in ("captured", "dropped", "analysed"):
            sums[f"frames_{name}"] += getattr(one.frames, name)
        for cause, blind_ms in one.blind_ms.items():
            sums[f"blind_{cause}_ms"] += blind_ms
        for kind in ("dwell", "attention"):
            for bucket, count in enumerate(getattr(one, f"{kind}_histogram")):
                sums[f"{kind}_{bucket:02}"] += count
        sums["banded_reports"] += 1  # the simulated cameras all tell them
        for name, spent_ms in structs.asdict(one.bands).items():
            sums[f"band_{name}"] += spent_ms
    return dict(sums)


class Fleet(threading.Thread):
    """Delivers everything, however long that takes."""

    def __init__(self, broker: Mosquitto, rng: np.random.Generator) -> None:
        super().__init__(daemon=True)
        self.everywhere = create_sites(CAMERAS, SEED)
        self.said = list(interleave_reports(self.everywhere, TEN_MINUTES, chunk=5, squeeze=rng))
        self.trouble: Exception | None = None
        self.counts: Counter[str] = Counter()
        self._broker = broker
        self._rng = rng

    def run(self) -> None:
        try:
            with SimulatorClient(self._broker.url) as post:
                line = FaultyConnection(post, FaultProfile.LOSSY, self._rng)
                pace = ReportPace(TEN_MINUTES, SPEED, time.monotonic())
                load = pace_batches(pack_batches(self.said), pace, time.monotonic)
                ReliableSender(line, resend_after_s=2.0).send_all(load, lambda _: None)
                self.counts = line.counts
        except Exception as error:  # noqa: BLE001  whatever it is, the test must hear of it
            self.trouble = error


class World:
    """What can die, and comes back."""

    def __init__(
        self, broker: Mosquitto, engine: Engine, url: str, fleet: Path, chance: random.Random
    ) -> None:
        self._broker = broker
        self._engine = engine
        self._chance = chance
        self._consumer = partial(consumer, broker, url, fleet)
        self.consumers = [self._consumer() for _ in range(CONSUMERS[engine.dialect.name])]

    def strike(self, victim: str) -> None:
        match victim:
            case "broker":
                self._broker.kill()
                time.sleep(self._chance.uniform(0.0, 1.0))
                self._broker.start()
            case "a consumer":
                kill(self.consumers.pop(self._chance.randrange(len(self.consumers))))
                self.consumers.append(self._consumer())
            case "all consumers":
                self.end()
                self.consumers = [self._consumer() for _ in self.consumers]
            case "database" if self._engine.dialect.name == "postgresql":
                cut_or_crash(self._engine, self._chance)
            case "database":
                die_in_a_transaction(str(self._engine.url.database), self._chance)

    def end(self) -> None:
        for process in self.consumers:
            kill(process)


@pytest.mark.slow
@pytest.mark.broker
def test_whatever_dies_the_totals_are_exact_to_the_unit(
    mosquitto: Mosquitto, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    sys.stdout.write(f"ONLOOKER_CHAOS_SEED={SEED}\n")
    chance = random.Random(SEED)
    fleet = Fleet(mosquitto, np.random.default_rng(SEED))
    (tmp_path / "fleet.yaml").write_text(render_sites_file(fleet.everywhere))
    world = World(mosquitto, engine, database_url, tmp_path / "fleet.yaml", chance)
    try:
        fleet.start()
        for victim in chance.sample(DEATHS, len(DEATHS)):
            fleet.join(timeout=chance.uniform(1.0, 2.5))
            world.strike(victim)
        assert fleet.is_alive(), "all was said before all had died: slow the fleet down"
        fleet.join(timeout=100)
        assert fleet.trouble is None
        assert not fleet.is_alive()
    finally:
        world.end()
    assert min(fleet.counts[what] for what in ("lost", "duplicated", "reordered")) > 0
    check(engine, fleet.said)


def check(engine: Engine, sent: list[AudienceReport]) -> None:
    by_device: dict[str, list[AudienceReport]] = {}
    for one in sent:
        by_device.setdefault(one.device, []).append(one)
    assert any(one.sequence.last > one.sequence.first for one in sent), "some are merged"
    with reading(engine) as connection:
        for table in (minute_tallies, hour_tallies):
            sums = (func.sum(table.c[name]).label(name) for name in SUMS)
            rows = connection.execute(select(table.c.device, *sums).group_by(table.c.device))
            counted = {
                row["device"]: {name: int(row[name]) for name in SUMS} for row in rows.mappings()
            }
            assert counted == {device: said_by(some) for device, some in by_device.items()}
        kept = connection.execute(select(reports.c.device, reports.c.first_sequence)).all()
        assert sorted(map(tuple, kept)) == sorted((r.device, r.sequence.first) for r in sent)
        standing = connection.execute(
            select(report_streams.c.through, report_streams.c.received_ranges)
        ).all()
        assert set(map(tuple, standing)) == {(TEN_MINUTES.reports, "[]")}
        for table in (dead_letters, lost_sequences):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine.url.database))) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
