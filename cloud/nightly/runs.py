"""Checkpoints: the runs and their steps in the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from cloud.database import insert, reading, writing
from cloud.database.nightly import nightly_runs, nightly_steps
from cloud.nightly.steps import StepRecord, StepStatus

Days = tuple[date, date]
"""First and last, both included."""


class RunStatus(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its program ended before its last step


@dataclass(frozen=True, slots=True)
class NightlyRun:
    """One run; `days` are built anew, without them only changed days are built."""

    id: int
    days: Days | None
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None


def start_run(engine: Engine, days: Days | None, now: datetime) -> int:
    """Add a run; the caller has the lock, so an earlier run that is not ended was interrupted."""
    first, last = days or (None, None)
    values = {"first_on": first, "last_on": last, "status": RunStatus.RUNNING, "started_at": now}
    with writing(engine) as connection:
        connection.execute(
            update(nightly_runs)
            .where(nightly_runs.c.status == RunStatus.RUNNING)
            .values(status=RunStatus.INTERRUPTED)
        )
        key = connection.execute(nightly_runs.insert(), values).inserted_primary_key
    assert key is not None
    return int(key[0])


def resume_run(engine: Engine, run_id: int) -> set[str]:
    """Continue a run; the names of the steps that are done."""
    _set_status(engine, run_id, RunStatus.RUNNING, None)
    query = select(nightly_steps.c.name).where(
        nightly_steps.c.run_id == run_id, nightly_steps.c.status == StepStatus.DONE
    )
    with reading(engine) as connection:
        return set(connection.execute(query).scalars())


def end_run(engine: Engine, run_id: int, status: RunStatus, now: datetime) -> None:
    """Record how the run ended."""
    _set_status(engine, run_id, status, now)


def record_step(engine: Engine, run_id: int, record: StepRecord) -> None:
    """Store the present state of a step."""
    values = {
        "status": record.status, "attempts": record.attempts, "started_at": record.started_at,
        "ended_at": record.ended_at, "rows": record.rows, "notes": record.notes,
    }  # fmt: skip
    with writing(engine) as connection:
        new = insert(connection.dialect.name, nightly_steps).values(
            run_id=run_id, name=record.name, **values
        )
        connection.execute(
            new.on_conflict_do_update(index_elements=["run_id", "name"], set_=values)
        )


def read_last_run(engine: Engine) -> NightlyRun | None:
    """The newest run."""
    query = select(nightly_runs).order_by(nightly_runs.c.id.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _to_run(row)


def list_runs(connection: Connection, *, before: int | None = None, most: int) -> list[NightlyRun]:
    """The newest runs first, with numbers below `before`."""
    query = select(nightly_runs).order_by(nightly_runs.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(nightly_runs.c.id < before)
    return [_to_run(row) for row in connection.execute(query)]


def read_unbuilt_days(engine: Engine, step: str) -> Days | None:
    """The days of the newest run, if it ended before the step that builds them was done."""
    last = read_last_run(engine)
    if last is None or last.days is None or last.status is RunStatus.COMPLETE:
        return None
    records = read_steps(engine, last.id)
    is_built = any(one.name == step and one.status is StepStatus.DONE for one in records)
    return None if is_built else last.days


def read_steps(engine: Engine, run_id: int) -> list[StepRecord]:
    """The steps of a run in the order in which they were started."""
    with reading(engine) as connection:
        return read_steps_by_run(connection, [run_id]).get(run_id, [])


def read_steps_by_run(
    connection: Connection, run_ids: Sequence[int]
) -> dict[int, list[StepRecord]]:
    """The steps of each run in the order in which they were started."""
    table, found = nightly_steps, defaultdict[int, list[StepRecord]](list)
    query = select(table).where(table.c.run_id.in_(run_ids)).order_by(table.c.started_at)
    for row in connection.execute(query):
        found[row.run_id].append(
            StepRecord(
                row.name, StepStatus(row.status), row.attempts, row.started_at, row.ended_at,
                row.rows, row.notes,
            )
        )  # fmt: skip
    return dict(found)


def read_last_completed_at(connection: Connection) -> datetime | None:
    """When the newest complete run ended."""
    query = select(func.max(nightly_runs.c.ended_at))
    found: datetime | None = connection.execute(
        query.where(nightly_runs.c.status == RunStatus.COMPLETE)
    ).scalar()
    return found


def read_first_started_at(connection: Connection) -> datetime | None:
    """When the oldest run started."""
    found: datetime | None = connection.execute(
        select(func.min(nightly_runs.c.started_at))
    ).scalar()
    return found


def _set_status(engine: Engine, run_id: int, status: RunStatus, ended_at: datetime | None) -> None:
    statement = update(nightly_runs).where(nightly_runs.c.id == run_id)
    with writing(engine) as connection:
        connection.execute(statement.values(status=status, ended_at=ended_at))


def _to_run(row: Row[Any]) -> NightlyRun:
    days = (row.first_on, row.last_on) if row.first_on is not None else None
    return NightlyRun(row.id, days, RunStatus(row.status), row.started_at, row.ended_at)
