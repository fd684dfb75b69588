"""What a hold has is moved to other lines by their slots, and nothing is taken again."""

import pytest
from sqlalchemy import Connection

from cloud.booking.capacity import take
from cloud.booking.returns import read_line_rows
from cloud.booking.takes import NotHeldError, TakeState, read_takes
from cloud.booking.transfers import divide, transfer
from tests.cloud.booking.capacity_data import HOUR, NOW, SITES, demand, used, with_positions


def test_a_hold_is_divided_among_lines(connection: Connection) -> None:
    take(connection, SITES, demand(range(3), 5), line_id="held", until=NOW + HOUR, now=NOW)
    parts = {"a": demand([0, 2], 5), "b": demand(1, 5)}
    divide(connection, with_positions(4), "held", parts, until=None, now=NOW)
    assert used(connection) == {0: 5, 1: 5, 2: 5}
    assert [len(read_line_rows(connection, line)) for line in ("held", "a", "b")] == [0, 2, 1]
    takes = read_takes(connection, ["held", "a", "b"])
    assert [takes[line].state for line in ("held", "a", "b")] == [
        TakeState.RELEASED, TakeState.CONFIRMED, TakeState.CONFIRMED,
    ]  # fmt: skip


def test_an_expired_hold_is_not_moved(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(0), line_id="held", until=NOW + HOUR, now=NOW)
    with pytest.raises(NotHeldError):
        transfer(sqlite, "held", "a", until=None, now=NOW + HOUR)
    assert read_line_rows(sqlite, "a") == []
