"""A camera that exceeds its limit of dead letters is quarantined; all others are counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from cloud.__main__ import main
from cloud.database import (
    dead_letters,
    lost_sequences,
    minute_tallies,
    quarantined_devices,
    reading,
)
from cloud.ingest.consumer import Consumer
from cloud.ingest.dead_letter_budget import DeadLetterLimits, RefillRate
from cloud.ingest.dead_letters import SAMPLE_BYTES
from cloud.ingest.sources.memory import MemorySource
from tests.cloud.databases import create_tables
from wire.audience import AudienceReport
from wire.envelope import audience_event, decode_events, encode_event

NINE = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = DeadLetterLimits(
    per_device=RefillRate(10, MINUTE), in_all=RefillRate(25, MINUTE), stored_per_device=40
)

Reports = Callable[..., AudienceReport]


class Cloud:
    """A consumer on a clock of its own."""

    def __init__(self, engine: Engine, limit: DeadLetterLimits = LIMIT) -> None:
        self.now = NINE
        self.engine = engine
        self.source = MemorySource()
        self.consumer = Consumer(
            self.source,
            engine,
            is_listed=lambda _, device: "ghost" not in device,
            clock=lambda: self.now,
            limit=limit,
        )

    def send_unreadable(self, device: str, count: int, start: int = 0) -> None:
        for number in range(start, start + count):
            self.source.put(f"onlooker/v1/KX-01/{device}/audience", b"%05d" % number)
        self.run()

    def run(self) -> None:
        while self.consumer.step() is not None:
            pass

    def take(self, report: AudienceReport) -> None:
        topic = f"onlooker/v1/KX-01/{report.device}/audience"
        self.source.put(topic, encode_event(audience_event(report)))
        self.run()

    def visits(self) -> int:
        with reading(self.engine) as connection:
            return sum(connection.execute(select(minute_tallies.c.visits)).scalars())

    def count_stored(self) -> int:
        with reading(self.engine) as connection:
            return connection.execute(select(func.count()).select_from(dead_letters)).scalar_one()

    def quarantined(self) -> dict[str, int]:
        rows = select(quarantined_devices).where(quarantined_devices.c.ended_at.is_(None))
        with reading(self.engine) as connection:
            return {row.device: row.messages for row in connection.execute(rows)}


@pytest.fixture
def cloud(engine: Engine) -> Cloud:
    return Cloud(engine)


def test_twenty_thousand_unreadable_messages_stop_nothing_and_fill_no_disk(
    tmp_path: object, report: Reports
) -> None:
    from cloud.database import connect

    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    create_tables(engine)
    cloud = Cloud(engine, DeadLetterLimits())
    cloud.send_unreadable("kx-01-cam-9", 20_000)
    cloud.take(report(1))
    assert cloud.visits() == 2
    assert cloud.count_stored() == 100
    assert cloud.quarantined() == {"kx-01-cam-9": 20_000 - 100}
    engine.dispose()


def test_valid_reports_of_a_quarantined_device_are_counted(cloud: Cloud, report: Reports) -> None:
    cloud.send_unreadable("kx-01-cam-1", 50)
    assert cloud.quarantined() == {"kx-01-cam-1": 40}
    cloud.take(report(1))
    assert cloud.visits() == 2
    assert len(cloud.source.sent) == 1


def test_what_is_not_stored_is_not_acknowledged(cloud: Cloud, report: Reports) -> None:
    """A report from the future is settled by its dead letter; without one the camera keeps it."""
    cloud.send_unreadable("kx-01-cam-1", 50)
    ahead = report(1, starts_at=NINE + timedelta(hours=1))
    cloud.take(ahead)
    assert cloud.source.sent == []
    cloud.now = NINE + timedelta(hours=2)
    cloud.take(ahead)
    assert cloud.visits() == 2


def test_a_camera_gets_past_reports_that_fail_and_its_quarantine_ends(
    engine: Engine, report: Reports
) -> None:
    """It sends the same window of reports again until the first of them is acknowledged."""
    cloud = Cloud(engine, DeadLetterLimits(per_device=RefillRate(10, MINUTE)))
    reports = [
        report(n, starts_at=NINE - timedelta(hours=3), peak=600 if n <= 300 else 2)
        for n in range(1, 401)
    ]
    through = 0
    for _ in range(60):
        cloud.source.sent.clear()
        for one in reports[through : through + 50]:
            topic = f"onlooker/v1/KX-01/{one.device}/audience"
            cloud.source.put(topic, encode_event(audience_event(one)))
        cloud.run()
        cloud.consumer._send_acks(cloud.now)
        for _, payload in cloud.source.sent:
            through = max(through, *(event.data.through for event in decode_events(payload)))
        cloud.now += timedelta(minutes=5)
    assert (through, cloud.visits(), cloud.count_stored()) == (400, 200, 300)
    assert cloud.quarantined() == {}


def test_the_quarantine_ends_after_a_quiet_time(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.send_unreadable("kx-01-cam-1", 50)
    cloud.now += timedelta(minutes=14)
    cloud.send_unreadable("kx-01-cam-1", 1, start=50)
    cloud.now += timedelta(minutes=14)
    cloud.run()
    assert cloud.quarantined() == {"kx-01-cam-1": 41}
    cloud.now += timedelta(minutes=2)
    cloud.run()
    assert cloud.quarantined() == {}
    cloud.send_unreadable("kx-01-cam-1", 5, start=60)
    assert (cloud.count_stored(), cloud.quarantined()) == (15, {})
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == [
        "device.quarantined"
    ]


def test_unreadable_messages_within_the_rate_are_always_stored(cloud: Cloud) -> None:
    for number in range(40):
        cloud.send_unreadable("kx-01-cam-1", 1, start=number)
        cloud.now += MINUTE
    assert (cloud.count_stored(), cloud.quarantined()) == (40, {})
    cloud.send_unreadable("kx-01-cam-1", 1, start=99)
    assert (cloud.count_stored(), cloud.quarantined()) == (40, {"kx-01-cam-1": 1})


def test_the_fleet_has_a_budget_that_comes_back(cloud: Cloud) -> None:
    for camera in range(5):
        cloud.send_unreadable(f"kx-01-cam-{camera}", 9)
    assert (cloud.count_stored(), cloud.quarantined()) == (25, {})
    cloud.now += 10 * MINUTE
    cloud.send_unreadable("kx-01-cam-7", 9)
    assert cloud.count_stored() == 34


def test_names_that_no_sites_file_lists_share_one_budget(engine: Engine) -> None:
    cloud = Cloud(engine, DeadLetterLimits(unlisted=RefillRate(20, MINUTE)))
    for number in range(30):
        cloud.send_unreadable(f"ghost-{number}", 1)
    cloud.send_unreadable("kx-01-cam-1", 3)
    assert (cloud.count_stored(), cloud.quarantined()) == (23, {})


def test_the_same_message_again_spends_nothing(cloud: Cloud) -> None:
    for _ in range(41):  # more than every limit
        cloud.send_unreadable("kx-01-cam-1", 1)
    assert (cloud.count_stored(), cloud.quarantined()) == (1, {})


def test_an_unreadable_payload_is_stored_as_a_sample(cloud: Cloud) -> None:
    cloud.source.put("onlooker/v1/KX-01/kx-01-cam-1/audience", b"x" * 100_000)
    cloud.run()
    with reading(cloud.engine) as connection:
        row = connection.execute(select(dead_letters)).one()
    assert (len(row.payload), row.payload_bytes) == (SAMPLE_BYTES, 100_000)


def test_operators_list_and_release_a_device(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(
        "ONLOOKER_DATABASE_URL", cloud.engine.url.render_as_string(hide_password=False)
    )
    cloud.send_unreadable("kx-01-cam-1", 50)
    assert main(["dead-letters", "quarantined"]) == 0
    assert "KX-01/kx-01-cam-1" in capsys.readouterr().out
    assert main(["dead-letters", "release", "kx-01-cam-1"]) == 0
    assert cloud.quarantined() == {}
    assert main(["dead-letters", "release", "kx-01-cam-1"]) == 1
    cloud.now += timedelta(seconds=1)
    cloud.send_unreadable("kx-01-cam-1", 5, start=70)
    assert (cloud.count_stored(), cloud.quarantined()) == (15, {})
    assert main(["dead-letters", "delete", "kx-01-cam-1"]) == 0
    assert cloud.count_stored() == 0


class Device:
    """A camera that sends a window of its oldest reports until they are acknowledged."""

    def __init__(self, cloud: Cloud, messages: dict[int, tuple[str, bytes]]) -> None:
        self.cloud = cloud
        self.messages = messages
        self.through = 0

    def send(self, window: int = 50) -> None:
        self.cloud.source.sent.clear()
        waiting = [one for number, one in self.messages.items() if number > self.through]
        for topic, payload in waiting[:window]:
            self.cloud.source.put(topic, payload)
        self.cloud.run()
        self.cloud.consumer._send_acks(self.cloud.now)
        for _, payload in self.cloud.source.sent:
            self.through = max(self.through, *(one.data.through for one in decode_events(payload)))
        self.cloud.now += timedelta(minutes=5)


def losses_in(cloud: Cloud) -> list[tuple[int, int]]:
    with reading(cloud.engine) as connection:
        rows = connection.execute(select(lost_sequences).order_by(lost_sequences.c.first_sequence))
        return [(row.first_sequence, row.last_sequence) for row in rows]


def test_beyond_the_stored_dead_letters_the_stream_continues_and_the_rest_is_lost(
    engine: Engine, report: Reports
) -> None:
    cloud = Cloud(
        engine, DeadLetterLimits(per_device=RefillRate(100, MINUTE), stored_per_device=40)
    )
    made = [report(n, starts_at=NINE - timedelta(hours=3), peak=600 if n <= 300 else 2)
            for n in range(1, 401)]  # fmt: skip
    topic = f"onlooker/v1/KX-01/{made[0].device}/audience"
    camera = Device(cloud, {one.sequence.first: (topic, encode_event(audience_event(one)))
                            for one in made})  # fmt: skip
    for _ in range(12):
        camera.send()
    assert (camera.through, cloud.visits(), cloud.count_stored()) == (400, 200, 40)
    assert losses_in(cloud) == [(41, 300)], "one row for a run of reports"
    assert cloud.quarantined() == {}, "it ends when the device has got past such reports"


def test_a_report_that_was_listed_as_lost_is_counted_when_it_comes_after_a_fix(
    engine: Engine, report: Reports
) -> None:
    cloud = Cloud(engine, DeadLetterLimits(per_device=RefillRate(100, MINUTE), stored_per_device=2))
    for number in (1, 2, 3, 4):
        cloud.take(report(number, starts_at=NINE + timedelta(hours=1)))
    assert losses_in(cloud) == [(3, 4)]
    cloud.now = NINE + timedelta(hours=2)
    cloud.take(report(3, starts_at=NINE + timedelta(hours=1)))
    assert (losses_in(cloud), cloud.visits()) == ([(4, 4)], 2)


def test_an_unreadable_report_does_not_block_a_device_at_its_limit_of_dead_letters(
    engine: Engine, report: Reports
) -> None:
    cloud = Cloud(engine, DeadLetterLimits(per_device=RefillRate(100, MINUTE), stored_per_device=2))
    topic = "onlooker/v1/KX-01/kx-01-cam-1/audience"
    messages = {}
    for number in range(1, 11):
        payload = encode_event(audience_event(report(number)))
        torn = payload.replace(b'"visits":2', b'"visits":"?"')
        messages[number] = (topic, payload if number > 5 else torn)
    camera = Device(cloud, messages)
    for _ in range(8):
        camera.send()
    assert (camera.through, cloud.visits(), cloud.count_stored()) == (10, 10, 2)
    assert losses_in(cloud) == [(1, 5)]
