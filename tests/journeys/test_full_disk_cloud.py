"""The stream on a small disk that fills, empties and turns read-only: every report counts once."""

import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cloud.database import connect
from simulators.servers.mosquitto import Mosquitto
from tests.cloud.conftest import report  # noqa: F401  a fixture
from tests.cloud.test_stream import JOURNAL, WITHIN_S, Camera, sealed, streaming, until, visits
from tests.small_disk import SmallDisk, small_disk
from wire.envelope import join_events

pytestmark = [pytest.mark.broker, pytest.mark.slow]

REPORTS = 600
BATCH = 50
INTERVAL = timedelta(seconds=15)


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", size_bytes=8 * 1024 * 1024) as disk:
        yield disk


def repeat(camera: Camera, batches: list[bytes], seconds: float) -> None:
    """What a camera does: send again whatever is not acknowledged."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        through = camera.through.get(JOURNAL, 0)
        for batch in batches[through // BATCH :]:
            camera.say(batch)
        time.sleep(0.5)


def test_a_disk_that_fills_and_empties_loses_and_doubles_nothing(
    mosquitto: Mosquitto,
    disk: SmallDisk,
    report,  # noqa: F811
) -> None:
    url = f"sqlite:///{disk.folder}/onlooker.db"
    starts_at = datetime.now(UTC) - timedelta(days=1)
    made = [report(n, starts_at=starts_at + n * INTERVAL) for n in range(1, REPORTS + 1)]
    batches = [
        join_events([sealed(one) for one in made[start : start + BATCH]])
        for start in range(0, REPORTS, BATCH)
    ]
    rng = random.Random(12)
    with streaming(mosquitto, url) as stream:
        camera = Camera(mosquitto)
        for last in (4, 8, len(batches)):
            disk.fill()
            repeat(camera, batches[:last], rng.uniform(1.0, 2.0))
            assert stream.poll() is None, "a full disk does not end the stream"
            disk.empty()
            repeat(camera, batches[:last], rng.uniform(1.0, 6.0))
        with sqlite3.connect(f"{disk.folder}/onlooker.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")  # a foreign lock, then all again
            repeat(camera, [*batches], 1.0)
            other.execute("ROLLBACK")
        repeat(camera, batches, 1.0)
        deadline = time.monotonic() + 3 * WITHIN_S
        while camera.through.get(JOURNAL) != REPORTS:
            assert time.monotonic() < deadline, camera.through
            repeat(camera, batches, 1.0)
        assert stream.poll() is None
        camera.close()
    engine = connect(url)
    until(lambda: visits(engine) == 2 * REPORTS)
    with engine.connect() as connection:
        letters = connection.exec_driver_sql("SELECT count(*) FROM dead_letters").scalar()
        kept = connection.exec_driver_sql("SELECT count(*) FROM reports").scalar()
    assert (letters, kept) == (0, REPORTS)
    engine.dispose()


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_stream_that_starts_in_trouble_waits_and_begins_when_it_is_over(
    mosquitto: Mosquitto,
    disk: SmallDisk,
    trouble: str,
    report,  # noqa: F811
) -> None:
    url = f"sqlite:///{disk.folder}/onlooker.db"
    with streaming(mosquitto, url):
        pass
    if trouble == "full":
        disk.fill()
    else:
        disk.remount("ro")
    payload = [join_events([sealed(report(n)) for n in range(1, BATCH + 1)])]
    with streaming(mosquitto, url, wait_for=None) as stream:
        camera = Camera(mosquitto)
        repeat(camera, payload, 3.0)
        assert stream.poll() is None
        if trouble == "full":
            disk.empty()
        else:
            disk.remount("rw")
        deadline = time.monotonic() + WITHIN_S
        while camera.through.get(JOURNAL) != BATCH:
            assert time.monotonic() < deadline
            repeat(camera, payload, 0.5)
        camera.close()
