"""A lake in a folder, its manifest on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
DAY_1, DAY_2 = date(2026, 11, 18), date(2026, 11, 19)
READINGS = LakeTable(
    Zone.RAW,
    "readings",
    (
        LakeColumn("location", pa.string(), "where"),
        LakeColumn("read_at", TIMESTAMP, "when"),
        LakeColumn("visits", pa.int64(), "how many"),
    ),
    sort_by=("location", "read_at"),
)


def readings(*rows: tuple[date, str, int, int]) -> pa.Table:
    """Rows of (day, location, hour, visits)."""
    return pa.table(
        {
            "day": pa.array([day for day, _, _, _ in rows], pa.date32()),
            "location": [location for _, location, _, _ in rows],
            "read_at": pa.array(
                [datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
                 for day, _, hour, _ in rows], TIMESTAMP),
            "visits": [visits for _, _, _, visits in rows],
        }
    )  # fmt: skip


@pytest.fixture
def lake(engine: Engine, tmp_path: Path) -> Lake:
    return Lake(open_storage(str(tmp_path / "lake")), engine)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 on loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
