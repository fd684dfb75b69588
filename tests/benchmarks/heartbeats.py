"""What a heartbeat costs ingest, and how much of it is the row of its device and hour.

`python tests/benchmarks/heartbeats.py`: batches of a heartbeat of each of 1,000 cameras, on SQLite
and on a private PostgreSQL. CPU is that of the consumer's process, without MQTT and decoding.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
from sqlalchemy import Engine

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud import database
from cloud.ingest import device_hours
from cloud.ingest.commit import commit
from cloud.ingest.validate import DeviceMessage
from simulators.servers.postgresql import Postgresql
from tests.cloud.ingest.test_device_hours import FIGURES
from tests.cloud.ingest.test_device_status import heartbeat
from wire.scalars import DeviceId, JournalId, LocationId
from wire.topics import DeviceAddress

CAMERAS = 1_000
BATCHES = 30
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def list_batches(first: int) -> Iterator[tuple[datetime, list[DeviceMessage]]]:
    """A heartbeat of every camera each 30 seconds."""
    for number in range(first, first + BATCHES):
        at = NOW + timedelta(seconds=30 * number)
        yield at, [_message(camera, at) for camera in range(CAMERAS)]


def _message(camera: int, at: datetime) -> DeviceMessage:
    address = DeviceAddress(LocationId(f"L{camera // 4:04}"), DeviceId(f"cam-{camera:05}"))
    about = msgspec.structs.replace(
        heartbeat(0), location=address.location, device=address.device, sent_at=at,
        journal=JournalId(f"{camera:016x}"), figures=FIGURES,
    )  # fmt: skip
    return DeviceMessage(address, about, "topic")


def measure_us(engine: Engine, first: int) -> float:
    """The median CPU time of a heartbeat."""
    costs = []
    for at, messages in list_batches(first):
        started = time.process_time()
        commit(engine, messages, at)
        costs.append(time.process_time() - started)
    return statistics.median(costs) / CAMERAS * 1e6


def run(url: str) -> None:
    engine = database.open_or_make(url)
    with patch.object(device_hours, "write_device_hours"):
        without_us = measure_us(engine, 0)
    with_us = measure_us(engine, BATCHES)
    engine.dispose()
    name = engine.dialect.name
    print(f"{name:12}{with_us:6.1f} us CPU a heartbeat, {without_us:.1f} without its hour")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(f"sqlite:///{folder}/onlooker.db")
    folder_of_server = Path(tempfile.mkdtemp(prefix="onlooker-postgresql-"))
    folder_of_server.chmod(0o755)  # where this runs as root, the server is another user
    server = Postgresql(folder_of_server / "cluster")
    server.start()
    try:
        run(server.url)
    finally:
        server.stop()
        folder_of_server.rmdir()


if __name__ == "__main__":
    main()
