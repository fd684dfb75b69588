"""After an old database copy is restored, reports that cameras hold count, others are lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Engine, func, select

from cloud.__main__ import main
from cloud.database import lost_sequences, metadata, minute_tallies, reading, writing
from cloud.ingest.consumer import Consumer
from cloud.ingest.sources.memory import MemorySource
from edge_agent.outbox import Outbox
from wire import envelope
from wire.audience import AudienceReport
from wire.envelope import AckEvent, encode_event, heartbeat_event
from wire.health import CaptureState, Heartbeat

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1"

Reports = Callable[..., AudienceReport]


class Camera:
    """A real outbox, and the bytes that go between it and the cloud."""

    def __init__(self, outbox: Outbox, engine: Engine, report: Reports) -> None:
        self.outbox = outbox
        self._engine = engine
        self._report = report

    def measure(self, count: int, *, visits: int = 2) -> None:
        for _ in range(count):
            self.outbox.put(
                lambda journal, sequence: structs.replace(
                    self._report(visits=visits), journal=journal, sequence=sequence
                )
            )

    def speak(self, *, heartbeat: bool = False, reports: bool = True) -> None:
        held = self.outbox.unacknowledged(100) if reports else []
        messages = (
            [(f"{TOPIC}/heartbeat", encode_event(heartbeat_event(self._beat())))]
            if heartbeat
            else []
        )
        messages += [(f"{TOPIC}/audience", one.event) for one in held]
        for ack in receive_acks(self._engine, *messages):
            self.outbox.acknowledge(ack.data.journal, ack.data.through)

    def _beat(self) -> Heartbeat:
        some, stream = self._report(), self.outbox.status(0)
        return Heartbeat(
            location=some.location, device=some.device, journal=stream.id, boot="b1",
            sent_at=NOW, uptime_ms=1, capture=CaptureState.STREAMING, frames_captured=1,
            frames_analysed=1, reconnects=0, outbox_reports=self.outbox.depth,
            outbox_oldest_at=None, next_sequence=stream.next_sequence, rss_bytes=1,
            versions=some.versions, oldest_sequence=stream.oldest_sequence,
        )  # fmt: skip


def receive_acks(engine: Engine, *messages: tuple[str, bytes]) -> Iterator[AckEvent]:
    source = MemorySource(messages)
    Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: NOW).step()
    for _, payload in source.sent:
        yield from (one for one in envelope.decode_events(payload) if isinstance(one, AckEvent))


@pytest.fixture
def camera(tmp_path: Path, engine: Engine, report: Reports) -> Iterator[Camera]:
    outbox = Outbox(tmp_path / "outbox.db")
    yield Camera(outbox, engine, report)
    outbox.close()


def copied(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        return {
            table.name: [row._asdict() for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def put_back(engine: Engine, copy: dict[str, list[Any]]) -> None:
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for table in metadata.sorted_tables:
            if copy[table.name]:
                connection.execute(table.insert(), copy[table.name])


def counted(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        sums = func.sum(minute_tallies.c.reports), func.sum(minute_tallies.c.visits)
        reports, visits = connection.execute(select(*sums)).one()
    return int(reports), int(visits)


def lost(engine: Engine) -> list[tuple[int, int]]:
    with reading(engine) as connection:
        numbers = lost_sequences.c.first_sequence, lost_sequences.c.last_sequence
        return [tuple(row) for row in connection.execute(select(*numbers))]


def test_a_restored_old_copy_blocks_no_camera_and_hides_no_loss(
    engine: Engine,
    camera: Camera,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    camera.measure(10)
    camera.speak()
    copy = copied(engine)
    camera.measure(5, visits=1)  # 11 to 15: counted, acknowledged, forgotten, and then
    camera.speak()
    put_back(engine, copy)
    camera.measure(4, visits=3)  # 16 to 19
    camera.speak()
    assert camera.outbox.depth == 4  # without its word, more may be to come

    camera.speak(heartbeat=True)
    assert camera.outbox.depth == 0
    assert counted(engine) == (10 + 4, 10 * 2 + 4 * 3)
    assert lost(engine) == [(11, 15)]

    camera.measure(1)
    camera.speak(heartbeat=True)
    assert camera.outbox.depth == 0
    assert counted(engine) == (15, 10 * 2 + 4 * 3 + 2)
    assert lost(engine) == [(11, 15)]

    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    assert main(["streams", "losses"]) == 0
    assert f"kx-01-cam-1  {camera.outbox.stream_id}  11 to 15  noticed" in capsys.readouterr().out


def test_a_deleted_database_is_like_a_restored_empty_copy(engine: Engine, camera: Camera) -> None:
    camera.measure(10)
    camera.speak()
    put_back(engine, {table.name: [] for table in metadata.sorted_tables})
    camera.speak(heartbeat=True)  # it holds nothing: all ten are gone
    assert lost(engine) == [(1, 10)]
    camera.measure(1)
    camera.speak()
    assert (camera.outbox.depth, counted(engine)) == (0, (1, 2))


def test_reports_that_a_camera_still_holds_are_not_lost(engine: Engine, camera: Camera) -> None:
    camera.measure(10)
    camera.speak()
    put_back(engine, {table.name: [] for table in metadata.sorted_tables})
    camera.measure(3)
    camera.speak(heartbeat=True, reports=False)
    assert lost(engine) == [(1, 10)]
    camera.speak()
    assert (camera.outbox.depth, counted(engine), lost(engine)) == (0, (3, 6), [(1, 10)])


def test_what_came_before_the_heartbeat_was_read_is_not_lost(
    engine: Engine, camera: Camera
) -> None:
    camera.measure(10)
    camera.speak(heartbeat=True)
    camera.speak(heartbeat=True)
    assert (camera.outbox.depth, lost(engine)) == (0, [])
