"""Jobs kept in the database, and what things are told when something changes.

A job's executions appear as the roll-out reaches them; the others wait in the job's `targets`.
Every function belongs to one transaction of its caller and returns what is to be said.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from cloud.database import insert
from cloud.fleet import jobs as engine
from cloud.fleet.jobs import Execution, JobError, Rollout, Status, Word
from cloud.fleet.message import Saying
from cloud.fleet.tables import executions, jobs
from wire.device_config import jobs_topic
from wire.scalars import DeviceId

NEXT: Final = "$next"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, by whom, how fast."""

    id: str
    document: dict[str, Any]
    targets: tuple[str, ...]
    rollout: Rollout = field(default_factory=Rollout)


class JobExists(ValueError):  # noqa: N818 - reads as what happened
    """A job of that id was made before."""


@dataclass(slots=True)
class News:
    """Remembers what things had to do before a change, to tell them what is different after."""

    connection: Connection
    at: int
    before: dict[str, list[Execution]] = field(default_factory=dict)

    def concerns(self, thing: str) -> None:
        """Remember a thing's list before it is changed."""
        if thing not in self.before:
            self.before[thing] = pending(self.connection, thing)

    def sayings(self) -> list[Saying]:
        """What must be said about all that changed."""
        return [said for thing, old in self.before.items() for said in self._about(thing, old)]

    def _about(self, thing: str, old: list[Execution]) -> Iterator[Saying]:
        new = pending(self.connection, thing)
        if {one.job for one in old} != {one.job for one in new}:
            body = {"timestamp": self.at, "jobs": _by_status(new)}
            yield Saying(jobs_topic(DeviceId(thing), "notify"), body)
        if [one.job for one in old[:1]] != [one.job for one in new[:1]]:
            following = {"execution": self._described(new[0])} if new else {}
            yield Saying(
                jobs_topic(DeviceId(thing), "notify-next"), {"timestamp": self.at, **following}
            )

    def _described(self, one: Execution) -> dict[str, Any]:
        return engine.described(one, document(self.connection, one.job), at=self.at)


@contextmanager
def _telling(connection: Connection, at: datetime, sayings: list[Saying]) -> Iterator[News]:
    news = News(connection, _seconds(at))
    yield news
    sayings.extend(news.sayings())


def create(connection: Connection, job: Job, *, at: datetime) -> list[Saying]:
    """Open a job and tell the first of its things."""
    statement = insert(connection.dialect.name, jobs).values(
        id=job.id,
        document=msgspec.json.encode(job.document).decode(),
        rollout=msgspec.json.encode(job.rollout).decode(),
        targets=msgspec.json.encode(job.targets).decode(),
        told=0,
        status=Status.IN_PROGRESS,
        created_at=at,
    )
    made = connection.execute(statement.on_conflict_do_nothing().returning(jobs.c.id)).first()
    if made is None:
        raise JobExists(f"job {job.id!r} exists: give this one another id")
    return spread(connection, job.id, at=at)


def spread(connection: Connection, job: str, *, at: datetime) -> list[Saying]:
    """Tell as many more things as the roll-out allows now."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one()
    targets: list[str] = msgspec.json.decode(row.targets)
    if row.status != Status.IN_PROGRESS or not targets:
        return []
    allowed = engine.due(
        _rollout(row),
        waiting=len(targets),
        already=row.told,
        since=_seconds(row.created_at),
        at=_seconds(at),
    )
    sayings: list[Saying] = []
    with _telling(connection, at, sayings) as news:
        for thing in targets[:allowed]:
            news.concerns(thing)
            seconds = _seconds(at)
            _save(connection, Execution(job, thing, seconds, updated_at=seconds))
        _set(
            connection,
            job,
            targets=msgspec.json.encode(targets[allowed:]).decode(),
            told=row.told + len(targets[:allowed]),
        )
    return sayings


def pending(connection: Connection, thing: str) -> list[Execution]:
    """What a thing has still to do, in order."""
    open_ones = executions.c.status.in_([Status.QUEUED, Status.IN_PROGRESS])
    rows = connection.execute(
        select(executions.c.body).where(executions.c.thing == thing, open_ones)
    )
    return engine.pending(_execution(row.body) for row in rows)


def find(connection: Connection, thing: str, job: str) -> Execution:
    """A thing's execution of a job; `$next` is the first that is pending."""
    if job == NEXT:
        todo = pending(connection, thing)
        if not todo:
            raise JobError("ResourceNotFound", "There is no pending job for this thing")
        return todo[0]
    row = connection.execute(
        select(executions.c.body).where(executions.c.thing == thing, executions.c.job == job)
    ).one_or_none()
    if row is None:
        raise JobError("ResourceNotFound", f"This thing has no job {job[:64]!r}")
    return _execution(row.body)


def document(connection: Connection, job: str) -> dict[str, Any]:
    """What the job says is to be done."""
    text = connection.execute(select(jobs.c.document).where(jobs.c.id == job)).scalar_one()
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def hear(
    connection: Connection, thing: str, job: str, word: Word, *, at: datetime
) -> tuple[Execution, list[Saying]]:
    """Take a thing's word about its execution; stop the job when too many go wrong."""
    before = find(connection, thing, job)
    row = connection.execute(select(jobs).where(jobs.c.id == before.job)).one()
    after = engine.apply(before, word, _rollout(row), at=_seconds(at))
    sayings: list[Saying] = []
    with _telling(connection, at, sayings) as news:
        news.concerns(thing)
        _save(connection, after)
    sayings += judge(connection, before.job, at=at)
    return after, sayings


def judge(connection: Connection, job: str, *, at: datetime) -> list[Saying]:
    """Stop a job whose things go wrong, complete one that all things are through with."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one()
    if row.status != Status.IN_PROGRESS:
        return []
    statuses = _statuses(connection, job)
    if engine.must_abort(_rollout(row), statuses):
        return cancel(connection, job, reason="too many things went wrong", at=at)
    if row.targets == "[]" and all(status.is_over for status in statuses):
        _set(connection, job, status="COMPLETED", ended_at=at)
    return []


def cancel(connection: Connection, job: str, *, reason: str, at: datetime) -> list[Saying]:
    """Stop a job: who has not begun is let off; who is at work is too, and learns of it."""
    sayings: list[Saying] = []
    _set(connection, job, status=Status.CANCELED, reason=reason, ended_at=at, targets="[]")
    with _telling(connection, at, sayings) as news:
        for one in _open(connection, job):
            news.concerns(one.thing)
            _save(connection, engine.ended(one, Status.CANCELED, at=_seconds(at)))
    return sayings


def tick(connection: Connection, *, at: datetime) -> list[Saying]:
    """Let time pass: executions run out, roll-outs go on."""
    sayings: list[Saying] = []
    late = select(executions.c.body).where(executions.c.times_out_at <= _seconds(at))
    with _telling(connection, at, sayings) as news:
        over = [_execution(row.body) for row in connection.execute(late).all()]
        for one in over:
            if after := engine.timed_out(one, at=_seconds(at)):
                news.concerns(one.thing)
                _save(connection, after)
    for job in {one.job for one in over}:
        sayings += judge(connection, job, at=at)
    live = select(jobs.c.id).where(jobs.c.status == Status.IN_PROGRESS, jobs.c.targets != "[]")
    for job in connection.execute(live).scalars().all():
        sayings += spread(connection, job, at=at)
    return sayings


def forget(connection: Connection, thing: str) -> None:
    """Remove a thing's executions, when the thing is retired."""
    connection.execute(delete(executions).where(executions.c.thing == thing))


def tallied(connection: Connection, job: str) -> dict[str, int]:
    """How many things stand where with a job."""
    rows = connection.execute(
        select(executions.c.status, func.count())
        .where(executions.c.job == job)
        .group_by(executions.c.status)
    )
    return {row[0]: row[1] for row in rows}


def _by_status(todo: Sequence[Execution]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in todo:
        groups.setdefault(one.status, []).append(engine.summary(one))
    return groups


def _statuses(connection: Connection, job: str) -> list[Status]:
    rows = connection.execute(select(executions.c.status).where(executions.c.job == job))
    return [Status(status) for status in rows.scalars()]


def _open(connection: Connection, job: str) -> Iterable[Execution]:
    open_ones = executions.c.status.in_([Status.QUEUED, Status.IN_PROGRESS])
    rows = connection.execute(select(executions.c.body).where(executions.c.job == job, open_ones))
    return [_execution(row.body) for row in rows.all()]


def _save(connection: Connection, one: Execution) -> None:
    values = {
        "status": one.status,
        "times_out_at": one.times_out_at,
        "body": msgspec.json.encode(one).decode(),
    }
    statement = insert(connection.dialect.name, executions).values(
        thing=one.thing, job=one.job, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["thing", "job"], set_=values)
    )


def _set(connection: Connection, job: str, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job).values(**values))


_execution: Final[Callable[[str], Execution]] = msgspec.json.Decoder(Execution).decode


def _rollout(row: Row[Any]) -> Rollout:
    return msgspec.json.decode(row.rollout, type=Rollout)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
