"""Jobs in the database, and the notifications to devices when a job changes.

A job's executions appear as the roll-out reaches them; the others wait in the job's `targets`.
Every function belongs to one transaction of its caller and returns the messages to publish.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from cloud.database import insert
from cloud.fleet.jobs import execution as engine
from cloud.fleet.jobs.execution import (
    Execution,
    ExecutionStatus,
    JobError,
    RolloutConfig,
    StatusUpdate,
)
from cloud.fleet.outbox import OutgoingMessage
from cloud.fleet.tables import executions, jobs
from wire.fleet.device_config import jobs_topic
from wire.scalars import DeviceId

NEXT: Final = "$next"


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its document, its target and its rollout rate."""

    id: str
    document: dict[str, Any]
    targets: tuple[str, ...]
    rollout: RolloutConfig = field(default_factory=RolloutConfig)


class JobExists(ValueError):  # noqa: N818 - reads as what happened
    """A job with that id exists."""


@dataclass(slots=True)
class PendingListChanges:
    """The pending jobs of devices before a change, to notify them of the difference after it."""

    connection: Connection
    at: int
    before: dict[str, list[Execution]] = field(default_factory=dict)

    def remember(self, device: str) -> None:
        """Remember a device's list before it is changed."""
        if device not in self.before:
            self.before[device] = read_pending(self.connection, device)

    def build_messages(self) -> list[OutgoingMessage]:
        """The notifications of all devices whose list has changed."""
        return [one for device, old in self.before.items() for one in self._about(device, old)]

    def _about(self, device: str, old: list[Execution]) -> Iterator[OutgoingMessage]:
        new = read_pending(self.connection, device)
        if {one.job for one in old} != {one.job for one in new}:
            body = {"timestamp": self.at, "jobs": _group_by_status(new)}
            yield OutgoingMessage(jobs_topic(DeviceId(device), "notify"), body)
        if [one.job for one in old[:1]] != [one.job for one in new[:1]]:
            following = {"execution": self._described(new[0])} if new else {}
            yield OutgoingMessage(
                jobs_topic(DeviceId(device), "notify-next"), {"timestamp": self.at, **following}
            )

    def _described(self, one: Execution) -> dict[str, Any]:
        return engine.describe(one, read_document(self.connection, one.job), at=self.at)


@contextmanager
def _collecting_notifications(
    connection: Connection, at: datetime, messages: list[OutgoingMessage]
) -> Iterator[PendingListChanges]:
    changes = PendingListChanges(connection, _epoch_seconds(at))
    yield changes
    messages.extend(changes.build_messages())


def create_job(connection: Connection, job: Job, *, at: datetime) -> list[OutgoingMessage]:
    """Create a job and notify the first of its devices."""
    statement = insert(connection.dialect.name, jobs).values(
        id=job.id,
        document=msgspec.json.encode(job.document).decode(),
        rollout=msgspec.json.encode(job.rollout).decode(),
        targets=msgspec.json.encode(job.targets).decode(),
        notified=0,
        status=ExecutionStatus.IN_PROGRESS,
        created_at=at,
    )
    created = connection.execute(statement.on_conflict_do_nothing().returning(jobs.c.id)).first()
    if created is None:
        raise JobExists(f"job {job.id!r} exists: give this one another id")
    return queue_due_targets(connection, job.id, at=at)


def queue_due_targets(connection: Connection, job: str, *, at: datetime) -> list[OutgoingMessage]:
    """Notify as many more devices as the rollout allows now."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one()
    targets: list[str] = msgspec.json.decode(row.targets)
    if row.status != ExecutionStatus.IN_PROGRESS or not targets:
        return []
    allowed = engine.count_due(
        _rollout(row),
        waiting=len(targets),
        already=row.notified,
        since=_epoch_seconds(row.created_at),
        at=_epoch_seconds(at),
    )
    messages: list[OutgoingMessage] = []
    with _collecting_notifications(connection, at, messages) as changes:
        for device in targets[:allowed]:
            changes.remember(device)
            seconds = _epoch_seconds(at)
            _save_execution(connection, Execution(job, device, seconds, updated_at=seconds))
        _update_job(
            connection,
            job,
            targets=msgspec.json.encode(targets[allowed:]).decode(),
            notified=row.notified + len(targets[:allowed]),
        )
    return messages


def read_pending(connection: Connection, device: str) -> list[Execution]:
    """The unfinished executions of a device, in order."""
    open_ones = executions.c.status.in_([ExecutionStatus.QUEUED, ExecutionStatus.IN_PROGRESS])
    rows = connection.execute(
        select(executions.c.body).where(executions.c.device == device, open_ones)
    )
    return engine.sort_pending(_execution(row.body) for row in rows)


def get_execution(connection: Connection, device: str, job: str) -> Execution:
    """A device's execution of a job; `$next` is the first that is pending."""
    if job == NEXT:
        todo = read_pending(connection, device)
        if not todo:
            raise JobError("ResourceNotFound", "There is no pending job for this device")
        return todo[0]
    row = connection.execute(
        select(executions.c.body).where(executions.c.device == device, executions.c.job == job)
    ).one_or_none()
    if row is None:
        raise JobError("ResourceNotFound", f"This device has no job {job[:64]!r}")
    return _execution(row.body)


def read_document(connection: Connection, job: str) -> dict[str, Any]:
    """The document of a job."""
    text = connection.execute(select(jobs.c.document).where(jobs.c.id == job)).scalar_one()
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def update_execution(
    connection: Connection, device: str, job: str, change: StatusUpdate, *, at: datetime
) -> tuple[Execution, list[OutgoingMessage]]:
    """Apply a device's status update; cancel the job when too many devices fail."""
    before = get_execution(connection, device, job)
    row = connection.execute(select(jobs).where(jobs.c.id == before.job)).one()
    after = engine.apply_update(before, change, _rollout(row), at=_epoch_seconds(at))
    messages: list[OutgoingMessage] = []
    with _collecting_notifications(connection, at, messages) as changes:
        changes.remember(device)
        _save_execution(connection, after)
    messages += evaluate_job(connection, before.job, at=at)
    return after, messages


def evaluate_job(connection: Connection, job: str, *, at: datetime) -> list[OutgoingMessage]:
    """Cancel a job that too many devices failed; complete one that all devices have finished."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one()
    if row.status != ExecutionStatus.IN_PROGRESS:
        return []
    statuses = _statuses(connection, job)
    if engine.should_abort(_rollout(row), statuses):
        return cancel_job(connection, job, reason="too many devices went wrong", at=at)
    if row.targets == "[]" and all(status.is_over for status in statuses):
        _update_job(connection, job, status="COMPLETED", ended_at=at)
    return []


def cancel_job(
    connection: Connection, job: str, *, reason: str, at: datetime
) -> list[OutgoingMessage]:
    """Cancel a job and all its unfinished executions; their devices are notified."""
    messages: list[OutgoingMessage] = []
    _update_job(
        connection, job, status=ExecutionStatus.CANCELED, reason=reason, ended_at=at, targets="[]"
    )
    with _collecting_notifications(connection, at, messages) as changes:
        for one in _open_executions(connection, job):
            changes.remember(one.device)
            _save_execution(
                connection,
                engine.end_execution(one, ExecutionStatus.CANCELED, at=_epoch_seconds(at)),
            )
    return messages


def advance_time(connection: Connection, *, at: datetime) -> list[OutgoingMessage]:
    """Time out late executions and continue rollouts."""
    messages: list[OutgoingMessage] = []
    late = select(executions.c.body).where(executions.c.times_out_at <= _epoch_seconds(at))
    with _collecting_notifications(connection, at, messages) as changes:
        over = [_execution(row.body) for row in connection.execute(late).all()]
        for one in over:
            if after := engine.time_out(one, at=_epoch_seconds(at)):
                changes.remember(one.device)
                _save_execution(connection, after)
    for job in {one.job for one in over}:
        messages += evaluate_job(connection, job, at=at)
    live = select(jobs.c.id).where(
        jobs.c.status == ExecutionStatus.IN_PROGRESS, jobs.c.targets != "[]"
    )
    for job in connection.execute(live).scalars().all():
        messages += queue_due_targets(connection, job, at=at)
    return messages


def delete_executions(connection: Connection, device: str) -> None:
    """Remove a device's executions, when the device is retired."""
    connection.execute(delete(executions).where(executions.c.device == device))


def count_by_status(connection: Connection, job: str) -> dict[str, int]:
    """The number of devices of a job by status."""
    rows = connection.execute(
        select(executions.c.status, func.count())
        .where(executions.c.job == job)
        .group_by(executions.c.status)
    )
    return {row[0]: row[1] for row in rows}


def _group_by_status(todo: Sequence[Execution]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in todo:
        groups.setdefault(one.status, []).append(engine.summarize(one))
    return groups


def _statuses(connection: Connection, job: str) -> list[ExecutionStatus]:
    rows = connection.execute(select(executions.c.status).where(executions.c.job == job))
    return [ExecutionStatus(status) for status in rows.scalars()]


def _open_executions(connection: Connection, job: str) -> Iterable[Execution]:
    open_ones = executions.c.status.in_([ExecutionStatus.QUEUED, ExecutionStatus.IN_PROGRESS])
    rows = connection.execute(select(executions.c.body).where(executions.c.job == job, open_ones))
    return [_execution(row.body) for row in rows.all()]


def _save_execution(connection: Connection, one: Execution) -> None:
    values = {
        "status": one.status,
        "times_out_at": one.times_out_at,
        "body": msgspec.json.encode(one).decode(),
    }
    statement = insert(connection.dialect.name, executions).values(
        device=one.device, job=one.job, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["device", "job"], set_=values)
    )


def _update_job(connection: Connection, job: str, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job).values(**values))


_execution: Final[Callable[[str], Execution]] = msgspec.json.Decoder(Execution).decode


def _rollout(row: Row[Any]) -> RolloutConfig:
    return msgspec.json.decode(row.rollout, type=RolloutConfig)


def _epoch_seconds(at: datetime) -> int:
    return int(at.timestamp())
