"""Committed rows of any table are landed once, whatever commits or is killed meanwhile."""

import os
import signal
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.exc import OperationalError

from cloud.database import alert_changes, connect, reading, writing
from cloud.database.failures import is_passing
from cloud.lake.lake import Lake
from cloud.lake.landing import table_rows
from cloud.lake.landing.alerts import ALERT_ROWS, LANDED_ALERTS
from cloud.lake.landing.table_rows import land_rows
from cloud.lake.manifest import LakeConflictError, read_snapshots
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

IN_PAIRS = replace(ALERT_ROWS, batch_rows=2)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'alert_changes'::regclass"


def add(connection: Connection, *alerts: int) -> None:
    """One change of each alert, a minute after the other."""
    for alert in alerts:
        connection.execute(alert_changes.insert(), {
            "alert": alert, "kind": "camera.offline", "location": "KX-01", "device": "kx-01-cam-1",
            "change": "raised", "changed_at": NOW + timedelta(minutes=alert), "value": alert / 3,
        })  # fmt: skip


def landed(lake: Lake, **options) -> list[int]:
    return sorted(read_table(lake, LANDED_ALERTS, **options).column("alert").to_pylist())


def test_each_row_is_landed_once_and_an_earlier_snapshot_stays_readable(lake: Lake):
    assert list(land_rows(lake, ALERT_ROWS, now=NOW)) == []
    with writing(lake.engine) as connection:
        add(connection, 1, 2, 3)
    assert [one.rows_added for one in land_rows(lake, IN_PAIRS, now=NOW)] == [2, 1]
    with writing(lake.engine) as connection:
        add(connection, 4)
    assert [one.rows_added for one in land_rows(lake, IN_PAIRS, now=NOW)] == [1]
    assert list(land_rows(lake, IN_PAIRS, now=NOW)) == []
    assert (landed(lake), landed(lake, at=1), landed(lake, at=0)) == ([1, 2, 3, 4], [1, 2], [])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_row_whose_transaction_commits_after_later_rows_is_not_missed(lake: Lake, engine: Engine):
    with engine.connect() as slow:
        add(slow, 1)
        with writing(engine) as connection:
            add(connection, 2)
        thread = threading.Thread(target=lambda: list(land_rows(lake, ALERT_ROWS, now=NOW)))
        thread.start()
        waiting = 0
        while thread.is_alive() and not waiting:  # the landing waits for the slow transaction
            with reading(engine) as connection:
                waiting = connection.execute(text(WAITING)).scalar_one()
        assert waiting == 1
        slow.commit()
    thread.join()
    assert landed(lake) == [1, 2]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_landing_gives_up_before_writers_wait_long_behind_a_slow_transaction(
    lake: Lake, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(table_rows, "LOCK_TIMEOUT", "SET LOCAL lock_timeout = '10ms'")
    with engine.connect() as slow:
        add(slow, 1)
        with pytest.raises(OperationalError) as stopped:
            list(land_rows(lake, ALERT_ROWS, now=NOW))
        assert is_passing(stopped.value)
        slow.commit()
    list(land_rows(lake, ALERT_ROWS, now=NOW))
    assert landed(lake) == [1]


@SQLITE_ONLY
def test_numbers_of_deleted_rows_are_not_used_again(lake: Lake):
    with writing(lake.engine) as connection:
        add(connection, 1, 2)
    list(land_rows(lake, ALERT_ROWS, now=NOW))
    with writing(lake.engine) as connection:
        connection.execute(delete(alert_changes))
        add(connection, 3)
        assert connection.execute(select(func.max(alert_changes.c.id))).scalar() == 3
    list(land_rows(lake, ALERT_ROWS, now=NOW))
    assert landed(lake) == [1, 2, 3]


@SQLITE_ONLY
def test_two_programs_at_once_do_not_land_a_row_twice(lake: Lake):
    with writing(lake.engine) as connection:
        add(connection, *range(1, 6))
    first, second = (land_rows(lake, IN_PAIRS, now=NOW) for _ in range(2))
    next(first)
    next(second)
    with pytest.raises(LakeConflictError, match=r"taken over rows of database\.alert_changes"):
        list(first)
    list(second)
    assert landed(lake) == [1, 2, 3, 4, 5]


@SQLITE_ONLY
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_program_that_is_killed_between_two_batches_goes_on_where_it_stopped(lake: Lake):
    with writing(lake.engine) as connection:
        add(connection, *range(1, 6))
    lake.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            own = Lake(open_storage(str(lake.storage.root)), connect(str(lake.engine.url)))
            next(land_rows(own, IN_PAIRS, now=NOW))
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    with reading(lake.engine) as connection:
        assert len(read_snapshots(connection, LANDED_ALERTS.full_name)) == 1
    assert [one.rows_added for one in land_rows(lake, IN_PAIRS, now=NOW)] == [2, 1]
    assert landed(lake) == [1, 2, 3, 4, 5]
