"""The lock that admits one nightly run at a time on a database.

On PostgreSQL it is an advisory lock of a session, which the server releases when the program ends
in any way; a row names the owner. On SQLite the row is the lock. It is renewed while the program
runs, and taken over when it has expired, or at once when its process on this machine has ended.
"""

import getpass
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.database import insert, reading, writing
from cloud.database.nightly import nightly_lock

log = logging.getLogger(__name__)
ADVISORY_LOCK: Final = 7_305_826
"""Key of PostgreSQL's advisory lock; arbitrary."""
ROW: Final = 1
VALID_FOR: Final = timedelta(minutes=5)
RENEW_EVERY_S: Final = 60.0

Clock = Callable[[], datetime]
Confirm = Callable[[], None]


class NightlyLockError(RuntimeError):
    """Another run has the lock, or has taken it over."""


@dataclass(frozen=True, slots=True)
class LockOwner:
    """The program that has the lock."""

    host: str
    process: int
    user: str
    acquired_at: datetime

    @classmethod
    def current(cls, now: datetime) -> "LockOwner":
        """The program that runs."""
        return cls(socket.gethostname(), os.getpid(), getpass.getuser(), now)

    def __str__(self) -> str:
        return (
            f"process {self.process} of {self.user} on {self.host}, "
            f"since {self.acquired_at:%Y-%m-%d %H:%M:%S}Z"
        )


def is_running(owner: LockOwner) -> bool:
    """Whether the owner may still run; one on another machine may."""
    if owner.host != socket.gethostname():
        return True
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True


@contextmanager
def hold_lock(
    engine: Engine,
    owner: LockOwner,
    clock: Clock,
    *,
    may_run: Callable[[LockOwner], bool] = is_running,
) -> Iterator[Confirm]:
    """Hold the lock; what is yielded raises NightlyLockError when the lock is lost.

    Raises:
        NightlyLockError: another run has it; the message names its process.
    """
    if engine.dialect.name == "postgresql":
        with _hold_session_lock(engine, owner, clock) as confirm:
            yield confirm
    else:
        with _hold_row(engine, owner, clock, may_run) as confirm:
            yield confirm


@contextmanager
def _hold_session_lock(engine: Engine, owner: LockOwner, clock: Clock) -> Iterator[Confirm]:
    with engine.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            statement = text("SELECT pg_try_advisory_lock(:key)")
            if not session.execute(statement, {"key": ADVISORY_LOCK}).scalar():
                raise _refusal(_read_owner(session))
            try:
                with writing(engine) as other:
                    _write_owner(other, owner, clock() + VALID_FOR)
                yield lambda: _confirm_session(session)
                _delete_owner(engine, owner)
            finally:
                _unlock(session)
        finally:
            session.invalidate()  # ends the session, and with it the lock


def _unlock(session: Connection) -> None:
    """Release the lock now: the server may notice the end of the session some time later."""
    with suppress(SQLAlchemyError):  # the session was lost, and the lock with it
        session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})


def _confirm_session(session: Connection) -> None:
    try:
        session.execute(text("SELECT 1"))
    except DBAPIError as error:
        raise NightlyLockError(
            "the session that has the lock of the nightly run has ended: run it with --resume"
        ) from error


@contextmanager
def _hold_row(
    engine: Engine, owner: LockOwner, clock: Clock, may_run: Callable[[LockOwner], bool]
) -> Iterator[Confirm]:
    with writing(engine) as connection:
        row = connection.execute(select(nightly_lock)).one_or_none()
        if row is not None and row.expires_at > clock() and may_run(_to_owner(row)):
            raise _refusal(_to_owner(row))
        _write_owner(connection, owner, clock() + VALID_FOR)
    ending = threading.Event()
    renewal = threading.Thread(target=_renew_until, args=(ending, engine, owner, clock))
    renewal.daemon = True
    renewal.start()
    try:
        yield lambda: _renew(engine, owner, clock)
    finally:
        ending.set()
        renewal.join()
        _delete_owner(engine, owner)


def _renew_until(ending: threading.Event, engine: Engine, owner: LockOwner, clock: Clock) -> None:
    while not ending.wait(RENEW_EVERY_S):
        try:
            _renew(engine, owner, clock)
        except (DBAPIError, NightlyLockError):  # the next step's confirmation ends the run
            log.warning("nightly.lock_not_renewed", exc_info=True)


def _renew(engine: Engine, owner: LockOwner, clock: Clock) -> None:
    statement = update(nightly_lock).where(_is_of(owner))
    with writing(engine) as connection:
        if connection.execute(statement.values(expires_at=clock() + VALID_FOR)).rowcount == 1:
            return
    with reading(engine) as connection:
        raise _refusal(_read_owner(connection))


def _refusal(owner: LockOwner | None) -> NightlyLockError:
    who = "another program" if owner is None else str(owner)
    return NightlyLockError(f"the nightly run is locked by {who}: wait until it has ended")


def _write_owner(connection: Connection, owner: LockOwner, expires_at: datetime) -> None:
    values: dict[str, Any] = {
        "host": owner.host, "process": owner.process, "user_name": owner.user,
        "acquired_at": owner.acquired_at, "expires_at": expires_at,
    }  # fmt: skip
    new = insert(connection.dialect.name, nightly_lock).values(id=ROW, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=values))


def _delete_owner(engine: Engine, owner: LockOwner) -> None:
    with writing(engine) as connection:
        connection.execute(delete(nightly_lock).where(_is_of(owner)))


def _read_owner(connection: Connection) -> LockOwner | None:
    row = connection.execute(select(nightly_lock)).one_or_none()
    return None if row is None else _to_owner(row)


def _to_owner(row: Any) -> LockOwner:
    return LockOwner(row.host, row.process, row.user_name, row.acquired_at)


def _is_of(owner: LockOwner) -> ColumnElement[bool]:
    table = nightly_lock.c
    return and_(
        table.host == owner.host,
        table.process == owner.process,
        table.acquired_at == owner.acquired_at,
    )
