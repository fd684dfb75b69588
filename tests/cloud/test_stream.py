"""The stream as a process of its own, with a real Mosquitto, signals and kill -9."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, select

from cloud.__main__ import main
from cloud.database import connect, dead_letters, minute_tallies, reading, writing
from simulators.servers.mosquitto import Mosquitto, free_port
from tests.cloud.databases import new_database
from tests.programs import run_program, start_program
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, audience_event, encode_event, join_events
from wire.topics import Channel, all_devices_filter

Reports = Callable[..., AudienceReport]

WITHIN_S = 20.0
JOURNAL = "00000000000000a1"

pytestmark = pytest.mark.broker


class Camera:
    """Publishes as a camera does, and records what was acknowledged."""

    def __init__(self, broker: Mosquitto, location: str = "KX-01") -> None:
        device = f"{location.lower()}-cam-1"
        self.through: dict[str, int] = {}
        self._topic = f"onlooker/v1/{location}/{device}/audience"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=device)
        self._client.on_message = self._acknowledged
        self._client.on_connect = lambda client, *_: client.subscribe(
            all_devices_filter(Channel.ACK), 1
        )
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def say(self, payload: bytes, topic: str | None = None) -> None:
        self._client.publish(topic or self._topic, payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _acknowledged(self, _client: Client, _data: object, message: object) -> None:
        for event in envelope.decode_events(message.payload):  # type: ignore[attr-defined]
            assert isinstance(event, AckEvent)
            journal, through = event.data.journal, event.data.through
            self.through[journal] = max(through, self.through.get(journal, 0))


@contextmanager
def streaming(
    broker: Mosquitto, database_url: str, *more: str, wait_for: str | None = "broker.connected"
) -> Iterator[subprocess.Popen[str]]:
    process = start_program(
        ["cloud", "stream", "--broker", broker.url, "--database", database_url, *more],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        if wait_for is not None:
            until_said(process, wait_for)
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()  # type: ignore[union-attr]


@dataclass(frozen=True)
class RunningStream:
    """A stream on SQLite that tests use in turn, each with a camera of its own."""

    broker: Mosquitto
    database_url: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStream]:
    folder = tmp_path_factory.mktemp("running")
    broker = Mosquitto(folder / "mosquitto")
    broker.start()
    url = new_database(folder)
    with streaming(broker, url) as process:
        yield RunningStream(broker, url, process)
    broker.stop()


@pytest.fixture
def running_engine(running: RunningStream) -> Iterator[Engine]:
    engine = connect(running.database_url)
    yield engine
    engine.dispose()


def until_said(process: subprocess.Popen[str], event: str) -> dict[str, object]:
    assert process.stderr is not None
    for line in process.stderr:
        record: dict[str, object] = json.loads(line)
        if record["event"] == event:
            return record
    raise AssertionError(f"the stream ended without {event}")


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def visits(engine: Engine) -> int:
    with reading(engine) as connection:
        return sum(connection.execute(select(minute_tallies.c.visits)).scalars())


def kinds(engine: Engine, device: str | None = None) -> list[str]:
    query = select(dead_letters.c.kind)
    if device is not None:
        query = query.where(dead_letters.c.device == device)
    with reading(engine) as connection:
        return sorted(connection.execute(query).scalars())


def sealed(report: AudienceReport) -> bytes:
    return encode_event(audience_event(report))


def test_invalid_messages_leave_totals_exact_and_the_stream_running_until_sigterm(
    mosquitto: Mosquitto, database_url: str, engine: Engine, report: Reports
) -> None:
    good = sealed(report(1))
    batch = join_events([good, sealed(report(2)), sealed(report(3))])
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with streaming(mosquitto, database_url) as stream:
        camera = Camera(mosquitto)
        camera.say(batch)
        camera.say(good[:300])
        camera.say(good.replace(b'"visits":2', b'"visits":[2]'))
        camera.say(b"x" * 10_000_000)
        camera.say(sealed(report(4, starts_at=tomorrow)))
        camera.say(sealed(report(5)).replace(b'"person_ms":8000', b'"person_ms":-8000'))
        camera.say(sealed(report(1, device="ghost")), "onlooker/v1/KX-01/ghost/audience")
        camera.say(batch)
        camera.say(sealed(report(6)))
        until(lambda: visits(engine) == 8)  # reports 1, 2, 3 and 6
        until(lambda: camera.through.get(JOURNAL) == 4)  # 5 could not be read: never acknowledged
        assert kinds(engine) == [
            "future", "oversize", "unknown", "unreadable", "unreadable", "unreadable",
        ]  # fmt: skip
        assert stream.poll() is None
        camera.close()
        stream.send_signal(signal.SIGTERM)
        until_said(stream, "stream.stopped")
        assert stream.wait(WITHIN_S) == 0


def test_every_report_is_counted_once_when_the_stream_is_killed_repeatedly(
    mosquitto: Mosquitto, database_url: str, engine: Engine, report: Reports
) -> None:
    camera = Camera(mosquitto)
    reports = [sealed(report(n)) for n in range(1, 401)]
    for kill in range(2):
        with streaming(mosquitto, database_url):
            for payload in reports[kill * 200 : kill * 200 + 200]:
                camera.say(payload)
            until(lambda kill=kill: visits(engine) > kill * 400 + 40)
    with streaming(mosquitto, database_url):
        for start in range(0, 400, 100):  # what a camera does: all that is not acknowledged, again
            camera.say(join_events(reports[start : start + 100]))
        until(lambda: camera.through.get(JOURNAL) == 400)
    assert visits(engine) == 800
    camera.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_stream_reconnects_to_a_database_that_drops_its_connections(
    mosquitto: Mosquitto, database_url: str, engine: Engine, report: Reports
) -> None:
    with streaming(mosquitto, database_url) as stream:
        camera = Camera(mosquitto)
        for sequence in range(1, 6):
            with engine.begin() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            camera.say(sealed(report(sequence)))
            until(lambda sequence=sequence: camera.through.get(JOURNAL) == sequence)
        assert visits(engine) == 10
        assert stream.poll() is None
        camera.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_consumers_of_one_group_count_every_report_once(
    mosquitto: Mosquitto, database_url: str, engine: Engine, report: Reports
) -> None:
    reports = [sealed(report(n)) for n in range(1, 401)]
    with (
        streaming(mosquitto, database_url, "--share", "cloud"),
        streaming(mosquitto, database_url, "--share", "cloud"),
    ):
        camera = Camera(mosquitto)
        for payload in [*reports, *reports[::-1]]:
            camera.say(payload)
        until(lambda: camera.through.get(JOURNAL) == 400)
        assert visits(engine) == 800
        camera.close()


def test_the_stream_waits_for_a_locked_database(
    running: RunningStream, running_engine: Engine, report: Reports
) -> None:
    location, device = "LB-01", "lb-01-cam-1"
    before = visits(running_engine)
    camera = Camera(running.broker, location)
    with writing(running_engine):
        camera.say(sealed(report(1, location=location, device=device)))
        time.sleep(0.3)
    until(lambda: camera.through.get(JOURNAL) == 1)
    assert visits(running_engine) == before + 2
    assert running.process.poll() is None
    camera.close()


def test_a_camera_that_floods_invalid_messages_is_quarantined_and_the_stream_goes_on(
    running: RunningStream, running_engine: Engine, report: Reports
) -> None:
    location, device = "WA-01", "wa-01-cam-1"
    camera = Camera(running.broker, location)
    for number in range(2_000):
        camera.say(b"rubbish %d" % number)
    record = until_said(running.process, "device.quarantined")
    assert (record["location"], record["device"]) == (location, device)
    camera.say(sealed(report(1, location=location, device=device)))
    until(lambda: camera.through.get(JOURNAL) == 1)
    assert len(kinds(running_engine, device)) == 100
    assert running.process.poll() is None
    camera.close()


def test_the_stream_reconnects_to_a_broker_that_was_killed(
    running: RunningStream, report: Reports
) -> None:
    location, device = "OX-01", "ox-01-cam-1"
    running.broker.kill()
    until_said(running.process, "broker.disconnected")
    running.broker.start()
    until_said(running.process, "broker.connected")
    camera = Camera(running.broker, location)
    camera.say(sealed(report(1, location=location, device=device)))
    until(lambda: camera.through.get(JOURNAL) == 1)
    assert running.process.poll() is None
    camera.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--broker", "http://x"], "begin it with mqtt:// or mqtts://"),
        (["--database", "mysql://x"], "begin it with sqlite:// or postgresql://"),
        (["--database", "sqlite://"], "needs a file"),
        (["--sites", "/nowhere.yaml"], "/nowhere.yaml"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_a_sentence(
    tmp_path: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stream", "--database", new_database(tmp_path), *arguments]) == 2
    output = capsys.readouterr().err
    assert sentence in output
    assert "Traceback" not in output


def test_a_database_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    nowhere = f"postgresql://onlooker@127.0.0.1:{free_port()}/onlooker"
    process = start_program(
        ["cloud", "stream", "--database", nowhere], stderr=subprocess.PIPE, text=True
    )
    until_said(process, "database.unavailable")
    process.send_signal(signal.SIGTERM)
    assert process.wait(WITHIN_S) == 0
    process.stderr.close()  # type: ignore[union-attr]
    ended = run_program(["cloud", "dead-letters", "list", "--database", nowhere], text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("the database cannot be used: ")
