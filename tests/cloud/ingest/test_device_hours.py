"""Heartbeats are summed by device and hour, each once."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select

from cloud.database import reading
from cloud.database.heartbeats import device_hours
from tests.cloud.ingest.test_device_status import NINE, heartbeat, keep
from wire.health import CaptureState, Connection, DeviceFigures, Heartbeat

HOUR = timedelta(hours=1)
FIGURES = DeviceFigures(
    connection=Connection.FAIR, frames_milli_hz=10_000, frames_dropped=0, stalls=0, model_faults=0,
    outbox_bytes=500, outbox_merges=0, egress_refusals=0, disk_free_bytes=9_000, clock_kept=True,
    clock_ahead_ms=-40, temperature_milli_c=-2_000, alarms=(),
)  # fmt: skip


def beat(minute: int, figures: dict[str, Any] | None = None, **more: Any) -> Heartbeat:
    if figures is not None:
        more["figures"] = msgspec.structs.replace(FIGURES, **figures)
    return msgspec.structs.replace(heartbeat(minute), **more)


def hours(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        rows = connection.execute(select(device_hours).order_by(device_hours.c.hour_at))
        return [dict(row._mapping) for row in rows]


@pytest.mark.parametrize("together", [True, False])
def test_a_row_has_the_extremes_of_its_hour(engine: Engine, together: bool):
    beats = [
        beat(1, {"temperature_milli_c": -9_000}, outbox_reports=7),
        beat(2, {"connection": Connection.POOR, "frames_milli_hz": 5_000, "clock_ahead_ms": 90}),
        beat(3, capture=CaptureState.PAUSED),
    ]
    for batch in [beats] if together else [[one] for one in beats]:
        keep(engine, *batch, at=NINE + timedelta(minutes=3))
    (row,) = hours(engine)
    assert row == {
        "location": "KX-01", "device": "kx-01-cam-1", "hour_at": NINE,
        "first_at": NINE + timedelta(minutes=1), "last_at": NINE + timedelta(minutes=3),
        "heartbeats": 3, "streaming": 2, "paused": 1, "poor_connection": 1,
        "least_uptime_ms": 60_000, "least_frames_milli_hz": 5_000, "least_disk_free_bytes": 9_000,
        "most_outbox_reports": 7, "most_outbox_bytes": 500, "most_rss_bytes": 1,
        "most_clock_error_ms": 90, "most_temperature_milli_c": -2_000, "agent_version": "0.1.0",
        "landed_heartbeats": 0,
    }  # fmt: skip


def test_a_figure_that_no_heartbeat_had_is_null(engine: Engine):
    keep(engine, beat(1))
    keep(engine, beat(2))
    (row,) = hours(engine)
    assert (row["most_temperature_milli_c"], row["least_frames_milli_hz"]) == (None, None)
    keep(engine, beat(3, {}))
    (row,) = hours(engine)
    assert (row["most_temperature_milli_c"], row["least_frames_milli_hz"]) == (-2_000, 10_000)


def test_a_heartbeat_that_arrives_again_counts_once(engine: Engine):
    keep(engine, beat(1), beat(1))
    keep(engine, beat(1))
    keep(engine, beat(2), beat(2))
    keep(engine, beat(3), beat(1), beat(2))
    (row,) = hours(engine)
    assert row["heartbeats"] == 3


def test_a_late_heartbeat_belongs_to_its_hour_and_a_wrong_clock_to_that_of_receipt(engine: Engine):
    keep(engine, beat(-1), beat(4), at=NINE + 5 * HOUR)
    keep(engine, beat(60 * 24 * 365), beat(-60 * 24 * 365), at=NINE + 2 * HOUR)
    found = [(row["hour_at"] - NINE, row["heartbeats"]) for row in hours(engine)]
    assert found == [(-HOUR, 1), (0 * HOUR, 1), (2 * HOUR, 1)]
