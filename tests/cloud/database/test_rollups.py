"""While a location moves to another venue type no reports are counted; the lane is one of a few."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from cloud.database import writing
from cloud.database.rollups import LANES, lock_for_counting, lock_for_moving
from tests.cloud.databases import SQLITE_ONLY

POSTGRESQL_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@SQLITE_ONLY
def test_sqlite_has_a_single_writer_and_so_a_single_lane(engine: Engine) -> None:
    for _ in range(2):
        with writing(engine) as connection:
            lock_for_moving(connection)
            assert lock_for_counting(connection) == 0


@POSTGRESQL_ONLY
def test_consumers_count_at_the_same_time(engine: Engine) -> None:
    with engine.begin() as one, engine.begin() as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        lanes = [lock_for_counting(connection) for connection in (one, other, one)]
    assert set(lanes) <= set(range(LANES))
    assert lanes[0] == lanes[2]


@POSTGRESQL_ONLY
@pytest.mark.parametrize(
    ("holds", "waits"),
    [
        (lock_for_counting, lock_for_moving),
        (lock_for_moving, lock_for_counting),
        (lock_for_moving, lock_for_moving),
    ],
)
def test_a_move_excludes_counting_and_other_moves(engine: Engine, holds, waits) -> None:
    with engine.begin() as one:
        holds(one)
        with engine.connect() as other:
            other.execute(text("SET LOCAL lock_timeout = '10ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                waits(other)
    with engine.begin() as other:  # free when the transaction has ended
        waits(other)
