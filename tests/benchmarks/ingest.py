"""How many reports a second one consumer makes durable, and what that costs.

Run it alone on the machine: `python tests/benchmarks/ingest.py [--database URL]`. SQLite, and a
private PostgreSQL that is durable (fsync on) unless a URL is given. Messages wait in a real
Mosquitto before the clock starts; a report counts when its commit is done and its acknowledgement
is on its way. CPU is that of the consumer's process only. The baselines read the same messages from
the same broker and keep nothing.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pydantic
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from cloud import database
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.message_source import BatchLimits
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from simulators.servers.mosquitto import Mosquitto
from simulators.servers.postgresql import Postgresql
from wire import audience, envelope, histogram
from wire.process.garbage import reduce_garbage_collection
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

CAMERAS = 1_000
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
QUIET_S = 2.0


@dataclass(frozen=True)
class Run:
    """One figure of the table."""

    name: str
    reports: int
    wall_s: float
    cpu_s: float

    def line(self) -> str:
        """As printed."""
        rate, cost = self.reports / self.wall_s, self.cpu_s / self.reports * 1e6
        return (
            f"{self.name:44} {self.reports:>8} {rate:>10,.0f}/s {cost:>8.1f} us CPU "
            f"{1e6 / cost:>10,.0f}/s per core"
        )


def report(camera: int, number: int) -> audience.AudienceReport:
    """A plausible five seconds of a busy place."""
    starts_at = NOW + timedelta(seconds=5 * number)
    visits = (camera + number) % 4
    dwell = [0] * (len(histogram.DWELL_EDGES_MS) + 1)
    looking = [0] * (len(histogram.ATTENTION_EDGES_MS) + 1)
    dwell[3], looking[2] = visits, visits
    return audience.AudienceReport(
        location=LocationId(f"L{camera:05}"),
        device=DeviceId(f"l{camera:05}-cam-1"),
        journal=JournalId(f"{camera:016x}"),
        sequence=SequenceRange(first=number, last=number),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=5),
        frames=audience.FrameCounts(captured=50, dropped=0, analysed=12),
        observed_ms=5_000,
        blind_ms={},
        person_ms=9_000,
        facing_ms=4_000,
        looking_ms=2_000,
        unsure_ms=500,
        entries=visits,
        visits=visits,
        onlookers=visits // 2,
        peak=visits + 1,
        dwell_ms=4_000 * visits,
        dwell_histogram=tuple(dwell),
        attention_histogram=tuple(looking),
        demographics=(),
        sensors={},
        attention_basis=audience.AttentionBasis.ANGLES,
        versions=audience.Versions(agent="0.1.0", detector="d1", attention="a1", config="c1"),
    )


def messages(reports: int, batch: int) -> Iterator[tuple[str, bytes]]:
    """All cameras in turn, `batch` reports of one camera in a message."""
    for number in range(1, reports // CAMERAS + 1, batch):
        for camera in range(CAMERAS):
            some = [report(camera, number + more) for more in range(batch)]
            sealed = [envelope.encode_event(envelope.audience_event(one)) for one in some]
            topic = f"onlooker/v1/{some[0].location}/{some[0].device}/audience"
            yield topic, sealed[0] if batch == 1 else envelope.join_events(sealed)


def publish(host: str, port: int, reports: int, batch: int) -> None:
    """Another process: hand everything to the broker."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="publisher")
    client.max_inflight_messages_set(1_000)
    client.connect(host, port)
    client.loop_start()
    last = [client.publish(topic, payload, qos=1) for topic, payload in messages(reports, batch)][
        -1
    ]
    last.wait_for_publish(600)
    client.disconnect()
    client.loop_stop()


def fill(broker: Mosquitto, reports: int, batch: int) -> None:
    """The broker holds all of it when this returns."""
    filling = multiprocessing.get_context("spawn").Process(
        target=publish, args=(broker.host, broker.port, reports, batch)
    )
    filling.start()
    filling.join()


def timed(name: str, reports: int, work: Callable[[], int]) -> Run:
    """Wall and CPU of `work`, which says how many reports it has done."""
    wall, cpu = time.perf_counter(), time.process_time()
    done = 0
    while done < reports:
        done += work()
    return Run(name, done, time.perf_counter() - wall, time.process_time() - cpu)


def subscribed(broker: Mosquitto) -> MqttSource:
    """A source whose session the broker knows, so that messages wait for it."""
    source = MqttSource(parse_broker_url(broker.url))
    source.receive(BatchLimits(idle_s=0.2))
    return source


def durable(broker: Mosquitto, url: str, reports: int, batch: int) -> Run:
    """Broker → committed → acknowledged."""
    engine = database.connect(url)
    database.create(engine)
    subscribed(broker).close()
    fill(broker, reports, batch)
    source = MqttSource(parse_broker_url(broker.url))
    consumer = Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: datetime.now(UTC))

    def work() -> int:
        outcome = consumer.step()
        return len(outcome.counted) if outcome else 0

    name = f"{engine.dialect.name}, {batch} a message: durable, acknowledged"
    run = timed(name, reports, work)
    consumer.finish()
    engine.dispose()
    return run


def baseline(name: str, broker: Mosquitto, reports: int, read: Callable[[bytes], object]) -> Run:
    """Broker → read → forgotten."""
    source = subscribed(broker)
    source.close()
    fill(broker, reports, 1)
    source = MqttSource(parse_broker_url(broker.url))

    def work() -> int:
        deliveries = source.receive(BatchLimits())
        for delivery in deliveries:
            read(delivery.payload)
        source.acknowledge(deliveries)
        return len(deliveries)

    run = timed(name, reports, work)
    source.close()
    return run


def publish_live(host: str, port: int, seconds: int) -> None:
    """Another process: 1,000 cameras, each every five seconds, evenly spread."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="publisher")
    client.connect(host, port)
    client.loop_start()
    began = time.monotonic()
    for number in range(seconds * CAMERAS // 5):
        time.sleep(max(0.0, began + number * 5 / CAMERAS - time.monotonic()))
        ends_at = datetime.now(UTC)
        one = msgspec.structs.replace(
            report(number % CAMERAS, 10_000 + number // CAMERAS),
            starts_at=ends_at - timedelta(seconds=5),
            ends_at=ends_at,
        )
        topic = f"onlooker/v1/{one.location}/{one.device}/audience"
        client.publish(topic, envelope.encode_event(envelope.audience_event(one)), qos=1)
    client.disconnect()
    client.loop_stop()


def freshness(broker: Mosquitto, url: str, seconds: int) -> str:
    """From publish until a window would show it: P50 and P99."""
    engine = database.connect(url)
    database.create(engine)
    source = subscribed(broker)
    consumer = Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: datetime.now(UTC))
    publishing = multiprocessing.get_context("spawn").Process(
        target=publish_live, args=(broker.host, broker.port, seconds)
    )
    publishing.start()
    lags_s: list[float] = []
    while len(lags_s) < seconds * CAMERAS // 5:
        outcome = consumer.step()
        now = datetime.now(UTC)
        counted = outcome.counted if outcome else []
        lags_s += [(now - sound.report.ends_at) / timedelta(seconds=1) for sound in counted]
    publishing.join()
    consumer.finish()
    engine.dispose()
    cuts = statistics.quantiles(lags_s, n=100)
    return (
        f"{engine.dialect.name}, {CAMERAS} cameras every 5 s: fresh after "
        f"{cuts[49] * 1e3:.0f} ms (P50), {cuts[98] * 1e3:.0f} ms (P99), n = {len(lags_s)}"
    )


def baselines(broker: Mosquitto, reports: int) -> Iterator[Run]:
    """What reading alone costs."""
    yield baseline("paho alone", broker, reports, len)
    yield baseline(
        "paho, the contract's decoder", broker, reports, lambda p: [*envelope.decode_events(p)]
    )
    yield baseline("paho, json", broker, reports, json.loads)
    yield baseline("paho, json and pydantic", broker, reports, lambda p: Loose(**json.loads(p)))


class Loose(pydantic.BaseModel):
    """A pydantic model of half the report: less than the contract checks."""

    class Data(pydantic.BaseModel):
        location: str
        device: str
        journal: str
        sequence: dict[str, int]
        starts_at: datetime
        ends_at: datetime
        observed_ms: int
        person_ms: int
        looking_ms: int
        entries: int
        visits: int
        onlookers: int
        dwell_histogram: list[int]
        attention_histogram: list[int]

    id: str
    source: str
    time: datetime
    data: Data


def main() -> None:
    """Print the table."""
    reduce_garbage_collection()  # as `python -m cloud stream` does
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="this PostgreSQL, emptied before")
    parser.add_argument("--reports", type=int, default=40_000)
    parser.add_argument("--seconds", type=int, default=20, help="of the freshness run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, elephant(asked.database) as postgresql:
        broker = Mosquitto(Path(folder) / "mosquitto")
        broker.start()
        for run in baselines(broker, asked.reports):
            print(run.line(), flush=True)
        for batch in (1, 10):
            for url in (f"sqlite:///{folder}/{batch}.db", postgresql):
                emptied(url)
                print(durable(broker, url, asked.reports, batch).line(), flush=True)
        for url in (f"sqlite:///{folder}/live.db", postgresql):
            emptied(url)
            print(freshness(broker, url, asked.seconds), flush=True)
        broker.stop()


@contextmanager
def elephant(url: str | None) -> Iterator[str]:
    """The PostgreSQL that was asked for, or one of our own."""
    if url:
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="onlooker-postgresql-"))
    folder.chmod(0o755)
    server = Postgresql(folder / "cluster", durable=True)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
        folder.rmdir()


def emptied(url: str) -> None:
    """Drop everything in a database that is there to be measured."""
    engine = database.connect(url)
    if engine.dialect.name == "postgresql":
        with database.writing(engine) as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
