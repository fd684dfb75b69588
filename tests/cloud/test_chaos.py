"""Broker, consumer and database die in any order; afterwards every report is counted once."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from cloud.database import hour_tallies, minute_tallies, reading, reports
from simulators.mosquitto import Mosquitto
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, seal, seal_batch
from wire.topics import Channel, everyone

Reports = Callable[..., AudienceReport]

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CAMERAS = ("kx-01-cam-1", "kx-01-sim", "lb-01-cam-1", "lb-01-sim", "ox-01-cam-1", "ox-01-sim")
REPORTS_EACH = 150
WITHIN_S = 60.0


class Cameras:
    """All cameras on one connection: they say everything again until it is acknowledged."""

    def __init__(self, broker: Mosquitto, made: dict[str, list[bytes]], chance: random.Random):
        self._made = made
        self._chance = chance
        self._through = dict.fromkeys(made, 0)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="cameras")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._acknowledged
        self._client.on_connect = lambda client, *_: client.subscribe(everyone(Channel.ACK), 1)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    @property
    def waiting(self) -> int:
        return sum(len(made) - self._through[name] for name, made in self._made.items())

    def speak(self, *, upto: int = 40) -> None:
        """Some of what is not acknowledged, out of order, in batches and twice."""
        for name, made in self._made.items():
            some = made[self._through[name] :][:upto]
            self._chance.shuffle(some)
            topic = f"onlooker/v1/{name[:5].upper()}/{name}/audience"
            for start in range(0, len(some), 7):
                payload = seal_batch(some[start : start + 7])
                for _ in range(self._chance.randint(1, 2)):
                    self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _acknowledged(self, _client: Client, _data: Any, message: Any) -> None:
        for event in envelope.unseal(message.payload):
            assert isinstance(event, AckEvent)
            ack = event.data
            self._through[ack.device] = max(self._through[ack.device], ack.through)


def consumer(broker: Mosquitto, database_url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cloud", "stream", "--broker", broker.url,
         "--database", database_url],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def cut_connections(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
    except OperationalError:
        return


@pytest.mark.slow
@pytest.mark.broker
def test_whatever_dies_the_totals_are_exact_to_the_unit(
    mosquitto: Mosquitto, database_url: str, engine: Engine, report: Reports
) -> None:
    chance = random.Random(20261120)
    truth = {
        name: [
            report(
                number,
                location=name[:5].upper(),
                device=name,
                journal=f"{index:016x}",
                starts_at=NINE + timedelta(seconds=10 * number),
                visits=chance.randint(0, 9),
            )
            for number in range(1, REPORTS_EACH + 1)
        ]
        for index, name in enumerate(CAMERAS)
    }
    made = {name: [seal(audience_event(one)) for one in some] for name, some in truth.items()}
    cameras = Cameras(mosquitto, made, chance)
    running = consumer(mosquitto, database_url)
    deaths = ["consumer", "broker", "database", "consumer", "broker", "consumer", "database"]
    deadline = time.monotonic() + WITHIN_S
    while cameras.waiting:
        assert time.monotonic() < deadline, f"{cameras.waiting} reports were never acknowledged"
        cameras.speak(upto=40)
        time.sleep(chance.uniform(0.3, 1.2))
        match deaths.pop() if deaths else None:
            case "consumer":
                running.kill()
                running.wait()
                running = consumer(mosquitto, database_url)
            case "broker":
                mosquitto.restart()
            case "database":
                cut_connections(engine)
    assert not deaths
    running.kill()
    running.wait()
    cameras.close()

    whole = [one for some in truth.values() for one in some]
    with reading(engine) as connection:
        for table in (minute_tallies, hour_tallies):
            sums = table.c.reports, table.c.visits, table.c.person_ms, table.c.dwell_03
            row = connection.execute(select(*(func.sum(one) for one in sums))).one()
            assert [int(value) for value in row] == [
                len(whole),
                sum(one.visits for one in whole),
                sum(one.person_ms for one in whole),
                sum(one.dwell_histogram[3] for one in whole),
            ]
        assert connection.execute(select(func.count()).select_from(reports)).scalar() == len(whole)
