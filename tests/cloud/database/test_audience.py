"""Every sum starts at zero, holds large numbers, and has a column for each bucket and cause."""

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from cloud.database.audience import (
    ATTENTION,
    BLIND,
    DWELL,
    SUMS,
    hour_tallies,
    minute_tallies,
    report_streams,
)
from cloud.database.columns import EPOCH
from wire.audience import BlindCause
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

KEY = {"location": "KX-01", "device": "kx-01-cam-1"}


def test_there_is_a_column_for_each_bucket_and_for_each_cause() -> None:
    assert len(DWELL) == len(DWELL_EDGES_MS) + 1
    assert len(ATTENTION) == len(ATTENTION_EDGES_MS) + 1
    assert DWELL[0] == "dwell_00"
    assert len(BLIND) == len(BlindCause)
    assert len(set(SUMS)) == len(SUMS)
    assert "peak" not in SUMS  # merges by maximum


@pytest.mark.parametrize(
    ("table", "time"), [(minute_tallies, "minute_at"), (hour_tallies, "hour_at")]
)
def test_sums_start_at_zero_and_hold_a_large_fleet(connection: Connection, table, time) -> None:
    connection.execute(insert(table), [{**KEY, time: 0}])
    connection.execute(insert(table), [{**KEY, time: 3600, "visits": 2**62}])
    first, second = connection.execute(select(table).order_by(table.c[time])).mappings()
    assert [first[name] for name in (*SUMS, "peak")] == [0] * (len(SUMS) + 1)
    assert second["visits"] == 2**62


def test_a_minute_of_a_camera_is_one_row(connection: Connection) -> None:
    connection.execute(insert(minute_tallies), [{**KEY, "minute_at": 0}])
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(minute_tallies), [{**KEY, "minute_at": 0}])
    connection.execute(insert(minute_tallies), [{**KEY, "minute_at": 0, "device": "other"}])


def test_a_stream_of_a_device_has_one_row_wherever_it_reports(connection: Connection) -> None:
    row = {
        "device": "d", "stream_id": "a1", "location": "KX-01", "through": 7,
        "received_ranges": "[]", "acknowledged_at": EPOCH,
    }  # fmt: skip
    connection.execute(insert(report_streams), [row])
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(report_streams), [row | {"location": "LB-01"}])
