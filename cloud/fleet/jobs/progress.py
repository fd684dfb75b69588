"""The progress of a job by device: status, reason and times."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.fleet.jobs.execution import Execution, ExecutionStatus
from cloud.fleet.jobs.rollout import UnknownJob
from cloud.fleet.tables import executions, jobs


@dataclass(frozen=True, slots=True)
class DeviceProgress:
    """One device's part of one job. `reason` is the device's own."""

    device: str
    status: ExecutionStatus
    reason: str | None
    details: dict[str, str]
    queued_at: datetime
    started_at: datetime | None
    updated_at: datetime


def read_progress(
    connection: Connection,
    job: str,
    *,
    status: ExecutionStatus | None = None,
    after: str = "",
    most: int = 1_000,
) -> list[DeviceProgress]:
    """The notified devices of a job, by name; UnknownJob when there is none."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
    if row is None:
        raise UnknownJob(job)
    query = select(executions).where(executions.c.job == job, executions.c.device > after)
    if status is not None:
        query = query.where(executions.c.status == status)
    rows = connection.execute(query.order_by(executions.c.device).limit(most)).all()
    return [_progress(one, row) for one in rows]


def _progress(row: Row[Any], job: Row[Any]) -> DeviceProgress:
    one = msgspec.json.decode(row.body, type=Execution)
    return DeviceProgress(
        one.device,
        one.status,
        _reason(one, job.reason),
        dict(one.details),
        _at(one.queued_at),
        None if one.started_at is None else _at(one.started_at),
        _at(one.updated_at),
    )


def _reason(one: Execution, job_reason: str | None) -> str | None:
    if reason := one.details.get("reason"):
        return reason
    if one.status is ExecutionStatus.TIMED_OUT:
        return "it started and did not finish in time"
    if one.status is ExecutionStatus.CANCELED:
        return f"the job was stopped: {job_reason}" if job_reason else "the job was stopped"
    return None


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
