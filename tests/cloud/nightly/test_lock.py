"""One run at a time, and what is left of a program that was killed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select, text

from cloud.database import connect, reading, writing
from cloud.database.nightly import nightly_lock
from cloud.nightly.lock import VALID_FOR, LockOwner, NightlyLockError, hold_lock, is_running
from tests.cloud.databases import SQLITE_ONLY

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
FIRST = LockOwner.current(NOW)
SECOND = replace(FIRST, acquired_at=NOW + timedelta(seconds=1))
ENDED_PROCESS = 2**22 + 1  # above the greatest number that Linux gives


def now() -> datetime:
    return NOW


def test_a_second_run_names_the_owner_and_can_run_afterwards(engine: Engine):
    with hold_lock(engine, FIRST, now) as confirm:
        confirm()
        with (
            pytest.raises(NightlyLockError, match=f"process {FIRST.process} of {FIRST.user}"),
            hold_lock(engine, SECOND, now),
        ):
            pass
        confirm()
    with hold_lock(engine, SECOND, now) as confirm:
        confirm()
    with reading(engine) as connection:
        assert connection.execute(select(nightly_lock)).all() == []


def test_the_lock_ends_with_the_run_although_its_session_ends_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Connection, "invalidate", lambda _: None)
    with pytest.raises(ZeroDivisionError), hold_lock(engine, FIRST, now):
        raise ZeroDivisionError
    other = connect(engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    with hold_lock(other, SECOND, lambda: NOW + VALID_FOR) as confirm:
        confirm()
    other.dispose()


def leave_row(engine: Engine, owner: LockOwner) -> None:
    values = {
        "id": 1, "host": owner.host, "process": owner.process, "user_name": owner.user,
        "acquired_at": owner.acquired_at, "expires_at": NOW + VALID_FOR,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(nightly_lock.insert(), values)


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("owner", "after", "is_taken_over"),
    [
        (replace(FIRST, process=ENDED_PROCESS), timedelta(0), True),
        (FIRST, timedelta(0), False),
        (FIRST, VALID_FOR, True),
        (replace(FIRST, host="elsewhere", process=ENDED_PROCESS), timedelta(0), False),
        (replace(FIRST, host="elsewhere", process=ENDED_PROCESS), VALID_FOR, True),
    ],
)
def test_the_row_of_a_killed_program_is_taken_over(engine, owner, after, is_taken_over):
    leave_row(engine, owner)
    if is_taken_over:
        with hold_lock(engine, SECOND, lambda: NOW + after):
            pass
    else:
        with pytest.raises(NightlyLockError), hold_lock(engine, SECOND, lambda: NOW + after):
            pass


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_the_row_of_a_killed_program_does_not_matter(engine: Engine):
    leave_row(engine, FIRST)
    with hold_lock(engine, SECOND, now) as confirm:
        confirm()
        with pytest.raises(NightlyLockError), hold_lock(engine, FIRST, now):
            pass


@SQLITE_ONLY
def test_a_program_that_was_suspended_too_long_notices(engine: Engine):
    with (
        hold_lock(engine, FIRST, now) as confirm,
        hold_lock(engine, SECOND, lambda: NOW + VALID_FOR),
        pytest.raises(NightlyLockError, match="is locked by process"),
    ):
        confirm()


def test_a_lost_session_is_noticed(engine: Engine):
    if engine.dialect.name != "postgresql":
        return
    with hold_lock(engine, FIRST, now) as confirm:
        other = connect(engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
        with writing(other) as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    " AND pid <> pg_backend_pid()"
                )
            )
        other.dispose()
        with pytest.raises(NightlyLockError, match="--resume"):
            confirm()


def test_a_process_of_another_user_may_run():
    assert is_running(replace(FIRST, process=1))
    assert not is_running(replace(FIRST, process=ENDED_PROCESS))
