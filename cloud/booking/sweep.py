"""The sweep: give back what expired holds have, and delete old quotes.

What holds give back has one entry in the audit log for each transaction.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from cloud.auth import audit
from cloud.booking.holds import sweep_holds
from cloud.booking.quote_locks import MAX_DELETED, RETENTION, delete_old_quotes
from cloud.booking.returns import MAX_SWEPT
from cloud.booking.transactions import run_booking

ACTION: Final = "hold.expire"
BY: Final = "sweep of expired holds"


def sweep(engine: Engine, now: datetime) -> int:
    """Give back everything that has expired, in short transactions; returns how many lines.

    Quotes are deleted `RETENTION` after their end.
    """
    _delete_quotes(engine, now)
    swept = 0
    while True:
        lines = run_booking(engine, lambda connection: _sweep_some(connection, now))
        swept += len(lines)
        if len(lines) < MAX_SWEPT:
            return swept


def _delete_quotes(engine: Engine, now: datetime) -> None:
    def delete(connection: Connection) -> int:
        return delete_old_quotes(connection, now - RETENTION)

    while run_booking(engine, delete) == MAX_DELETED:
        pass


def _sweep_some(connection: Connection, now: datetime) -> list[str]:
    lines = sweep_holds(connection, now)
    if lines:
        audit.record_change(
            connection, at=now, actor=BY, action=ACTION, about=lines[0], details={"lines": lines}
        )
    return lines
