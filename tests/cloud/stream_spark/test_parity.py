"""The embedded windows and Spark's agree to the unit on the same recorded messages.

Lost, doubled, reordered, merged, days late and hostile messages; a batch that dies half written,
and one that dies when it is written but not yet acknowledged.
"""

import argparse
import base64
import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from pyspark.errors.exceptions.captured import StreamingQueryException
from pyspark.sql import DataFrame, Row, SparkSession
from sqlalchemy import Engine, select

from cloud.cli import stream_spark
from cloud.database import (
    connect,
    dead_letters,
    lost_sequences,
    reading,
    report_streams,
    reports,
)
from cloud.ingest.consumer import Consumer
from cloud.ingest.dead_letter_budget import DeadLetterLimits, RefillRate
from cloud.ingest.sources.memory import MemorySource
from cloud.ingest.sources.message_source import BatchLimits, SourceError
from cloud.stream_spark.count import (
    DEAD_LETTERS,
    LOSSES,
    MINUTES,
    STREAMS,
    SitesSnapshot,
    StreamCounter,
    files,
)
from cloud.stream_spark.table_store import TableStore
from cloud.stream_spark.windows import windows
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.query import LENGTHS, WindowName
from cloud.windows.query import windows as embedded_windows
from simulators.delivery.reliable_sender import pack_batches
from simulators.synthetic.cameras import Period, create_sites, interleave_reports
from simulators.synthetic.fault_injection import FaultProfile, FaultyConnection
from tests.cloud.databases import create_tables
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event, heartbeat_event
from wire.health import CaptureState, Heartbeat
from wire.scalars import SequenceRange
from wire.topics import Channel, DeviceAddress

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = Period(NOON - timedelta(hours=1), NOON, timedelta(seconds=30))
LATE = Period(HOUR.starts_at - timedelta(days=5), NOON - timedelta(days=5), HOUR.interval)
CAMERAS = create_sites(8, 1)
MANY = RefillRate(10**6, timedelta(seconds=1))
LIMIT = DeadLetterLimits(per_device=MANY, unlisted=MANY, in_all=MANY)
DEVICES = frozenset((p.address.location, p.address.device) for p in CAMERAS)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

Message = tuple[str, bytes]


class Recorder:
    """A post that keeps what is sent."""

    def __init__(self) -> None:
        self.as_line: list[Message] = []

    def subscribe(self, address: DeviceAddress) -> None:
        pass

    def has_reconnected(self) -> bool:
        return False

    def send(self, address: DeviceAddress, payload: bytes) -> None:
        self.as_line.append((address.topic(Channel.AUDIENCE), payload))

    def read_acknowledgements(self, *, wait_s: float) -> Iterator[Any]:
        return iter(())


def recorded() -> list[Message]:
    """What reaches the cloud of eight cameras in an hour, and of one five days late."""
    recorder, rng = Recorder(), np.random.default_rng(3)
    line = FaultyConnection(recorder, FaultProfile.HOSTILE, rng)
    load = list(pack_batches(interleave_reports(CAMERAS, HOUR, chunk=10, squeeze=rng)))
    for _ in range(3):  # a camera says it again until it is believed
        for parcel in load:
            line.send(parcel.address, parcel.payload)
        list(line.read_acknowledgements(wait_s=0))
    assert min(line.counts[what] for what in ("lost", "duplicated", "reordered")) > 0
    late = [
        (p.address.topic(Channel.AUDIENCE), p.payload)
        for p in pack_batches(interleave_reports(CAMERAS[:1], LATE, chunk=10, squeeze=None))
    ]
    random.Random(3).shuffle(recorder.as_line)
    return [*recorder.as_line, *late, *forgotten(), *overlapping(), *torn_and_sound(),
            *distant()]  # fmt: skip


def make_report(camera: int, first: int, last: int, journal: str) -> AudienceReport:
    (report, *_) = interleave_reports(CAMERAS[camera : camera + 1], HOUR, chunk=1, squeeze=None)
    sequence = SequenceRange(first=first, last=last)
    return structs.replace(report, journal=journal, sequence=sequence)


def as_line(report: AudienceReport) -> Message:
    address = DeviceAddress(report.location, report.device)
    return address.topic(Channel.AUDIENCE), encode_event(audience_event(report))


def forgotten() -> Iterator[Message]:
    """A camera whose first five reports the cloud has lost, and that has forgotten them."""
    report = make_report(2, 6, 7, "f" * 16)
    yield as_line(report)
    address = DeviceAddress(report.location, report.device)
    yield address.topic(Channel.HEARTBEAT), encode_event(heartbeat_event(heartbeat(report, 6)))


def heartbeat(report: AudienceReport, oldest: int) -> Heartbeat:
    return Heartbeat(
        location=report.location, device=report.device, journal=report.journal, boot="b",
        sent_at=NOON, uptime_ms=1, capture=CaptureState.STREAMING, frames_captured=1,
        frames_analysed=1, reconnects=0, outbox_reports=2, outbox_oldest_at=None,
        next_sequence=oldest + 2, rss_bytes=1, versions=report.versions, oldest_sequence=oldest,
    )  # fmt: skip


def overlapping() -> Iterator[Message]:
    """Half of the second is counted already: sums cannot be split."""
    yield as_line(make_report(3, 1, 3, "e" * 16))
    yield as_line(make_report(3, 3, 4, "e" * 16))


def torn_and_sound() -> Iterator[Message]:
    """The sound copy comes first here; in a batch of Spark it wins wherever it stands."""
    report = make_report(4, 1, 1, "d" * 16)
    topic, payload = as_line(report)
    yield topic, payload
    yield topic, payload.replace(b'"visits":', b'"visits":-1,"was":')


def distant() -> Iterator[Message]:
    """Numbers that no stream reaches, in a report and in a heartbeat; then the ones that follow."""
    yield as_line(make_report(5, 1, 1, "c" * 16))
    yield as_line(make_report(5, 10**15, 10**15, "c" * 16))
    report = make_report(5, 2, 2, "c" * 16)
    yield as_line(report)
    address = DeviceAddress(report.location, report.device)
    yield address.topic(Channel.HEARTBEAT), encode_event(heartbeat_event(heartbeat(report, 10**12)))


def as_lines(messages: Iterable[Message]) -> Iterator[str]:
    """As the IoT rule writes them."""
    for topic, payload in messages:
        yield json.dumps({"topic": topic, "payload": base64.b64encode(payload).decode()})


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    stream_spark.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('embedded')}/onlooker.db")
    create_tables(engine)
    consumer = Consumer(
        MemorySource(recorded()), engine, is_listed=lambda *camera: camera in DEVICES,
        clock=lambda: NOW, limits=BatchLimits(messages=50, idle_s=0.0), limit=LIMIT,
    )  # fmt: skip
    while consumer.step() is not None:
        pass
    yield engine
    engine.dispose()


class FragileFolder(TableStore):
    """One that fails when it is to write a certain table."""

    def __init__(self, spark: SparkSession, root: str, refuses: str) -> None:
        super().__init__(spark, root)
        self._refuses = refuses

    def write(self, frame: DataFrame, table: str, batch: int, *, by: tuple[str, ...] = ()) -> None:
        if table == self._refuses:
            raise OSError("the disk is full")
        super().write(frame, table, batch, by=by)


def writes_down(path: str) -> Callable[[Iterable[Row]], None]:
    def tell(rows: Iterable[Row]) -> None:
        with open(path, "a", encoding="utf-8") as acknowledged:  # noqa: PTH123  runs without our imports
            for row in rows:
                acknowledged.write(f"{row.device} {row.stream_id} {row.through}\n")

    return tell


@pytest.fixture(scope="module")
def counted(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same messages in three batches, the first of which dies twice."""
    root = tmp_path_factory.mktemp("counted")
    (root / "in").mkdir()
    lines = list(as_lines(recorded()))
    for part in range(3):
        some = lines[part * len(lines) // 3 : (part + 1) * len(lines) // 3]
        (root / "in" / f"{part}.jsonl").write_text("\n".join(some) + "\n")
    folder = str(root / "out")

    def run(where: TableStore, tell: Callable[[Iterable[Row]], None] | None) -> None:
        query = StreamCounter(
            where, lambda: SitesSnapshot(DEVICES), clock=lambda: NOW, acknowledge=tell
        ).start(
            files(spark, str(root / "in"), at_once=1), str(root / "checkpoint"), availableNow=True
        )
        query.awaitTermination()

    def refuse(rows: Iterable[Row]) -> None:
        raise ConnectionError("nobody answers")

    with pytest.raises(StreamingQueryException, match="the disk is full"):
        run(FragileFolder(spark, folder, refuses="dead_letters"), None)
    with pytest.raises(StreamingQueryException, match="nobody answers"):
        run(TableStore(spark, folder), refuse)  # it is written by then
    run(TableStore(spark, folder), writes_down(str(root / "told")))
    return root


def spark_windows(minutes: DataFrame, name: WindowName) -> list[Audience]:
    rows = (row.asDict() for row in windows(minutes, name).collect())
    return sorted(
        (
            Audience(
                row["location"],
                datetime.fromtimestamp(row["starts_at"], UTC),
                datetime.fromtimestamp(row["starts_at"], UTC) + LENGTHS[name],
                row["cameras"],
                AudienceSums.of(row),
            )
            for row in rows
        ),
        key=lambda one: (one.location, one.starts_at),
    )


@pytest.mark.parametrize("name", list(LENGTHS))
def test_every_window_is_the_same_to_the_unit(
    spark: SparkSession, embedded: Engine, counted: Path, name: WindowName
) -> None:
    since, until = LATE.starts_at - timedelta(hours=1), NOON + timedelta(hours=1)
    with reading(embedded) as connection:
        wanted = [
            window
            for location in sorted(location for location, _ in DEVICES)
            for window in embedded_windows(
                connection, location, window=name, step="5m", starts_at=since, ends_at=until
            )
        ]
    minutes = TableStore(spark, str(counted / "out")).table("minutes", MINUTES)
    assert len(wanted) >= 9 * 12
    assert sum(window.tally.visits for window in wanted) > 1_000
    assert spark_windows(minutes, name) == wanted


def test_the_same_is_settled_lost_and_refused(
    spark: SparkSession, embedded: Engine, counted: Path
) -> None:
    folder = TableStore(spark, str(counted / "out"))
    standing, lost = report_streams.c, lost_sequences.c
    with reading(embedded) as connection:
        settled = connection.execute(
            select(standing.device, standing.stream_id, standing.through, standing.received_ranges)
        ).all()
        gone = connection.execute(
            select(lost.device, lost.stream_id, lost.first_sequence, lost.last_sequence)
        ).all()
        refused = connection.execute(select(dead_letters.c.digest, dead_letters.c.kind)).all()
    newest = folder.part("streams", folder.batches("streams")[-1], STREAMS).collect()
    assert len(newest) == len(settled)
    assert {(r.device, r.stream_id, r.through, r.received_ranges) for r in newest} == {
        *map(tuple, settled)
    }
    missed = folder.table("losses", LOSSES).collect()
    assert [(r.device, r.stream_id, r.first, r.last) for r in missed] == [*map(tuple, gone)]
    assert len(gone) == 1
    rejected = folder.table("dead_letters", DEAD_LETTERS).collect()
    assert {(row.digest, row.kind) for row in rejected} == {*map(tuple, refused)}
    assert {"overlap", "unreadable", "future", "unknown"} <= {row.kind for row in rejected}


def test_every_counted_report_is_kept_in_its_own_words(
    spark: SparkSession, embedded: Engine, counted: Path
) -> None:
    with reading(embedded) as connection:
        bodies = connection.execute(select(reports.c.body)).scalars().all()
    kept = TableStore(spark, str(counted / "out")).table("reports", "body string").collect()
    assert sorted(row.body for row in kept) == sorted(bodies)


def test_the_windows_of_a_stretch_are_written_in_place_of_what_was_there(
    spark: SparkSession, embedded: Engine, counted: Path
) -> None:
    words = ["windows", "--folder", str(counted / "out"), "--since", "2026-11-18T11:20:00+00:00",
             "--until", "2026-11-18T11:50:00+00:00"]  # fmt: skip
    for _ in range(2):
        stream_spark.write_windows(spark, arguments(*words))
    written = spark.read.parquet(str(counted / "out" / "windows" / "15m")).collect()
    since, until = NOON - timedelta(minutes=40), NOON - timedelta(minutes=10)
    length = LENGTHS["15m"]
    with reading(embedded) as connection:
        wanted = {
            (location, int(one.starts_at.timestamp()), one.tally.visits)
            for location, _ in DEVICES
            for one in embedded_windows(
                connection, location, window="15m", step="5m", starts_at=since,
                ends_at=until + length,
            )
            if one.starts_at < until
        }  # fmt: skip
    assert len(written) == len(wanted) == 8 * 6
    assert {(row.location, row.starts_at, row.visits) for row in written} == wanted


def test_each_camera_hears_how_far_it_is_settled(counted: Path, embedded: Engine) -> None:
    acknowledged: dict[tuple[str, str], int] = {}
    for line in (counted / "told").read_text().splitlines():
        device, journal, through = line.split()
        acknowledged[device, journal] = max(int(through), acknowledged.get((device, journal), 0))
    with reading(embedded) as connection:
        rows = connection.execute(select(report_streams)).all()
    honest = {(r.device, r.stream_id): r.through for r in rows if r.through}
    assert {key: acknowledged[key] for key in honest} == honest


def test_another_checkpoint_may_not_count_it_all_again(
    spark: SparkSession, counted: Path, tmp_path: Path
) -> None:
    words = ["count", "--files", str(counted / "in"), "--folder", str(counted / "out"), "--once",
             "--checkpoint", str(tmp_path)]  # fmt: skip
    with pytest.raises(SourceError, match="give the old checkpoint, or an empty folder"):
        stream_spark.count(spark, arguments(*words))
