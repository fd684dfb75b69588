"""`/api/fleet/jobs`, `/orders` and `/audit`: what cameras are to do once, and what was done."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.api.fleet.acting import PLAIN, Whom, changing, reading
from cloud.app.problem import REFUSALS, documented
from cloud.auth.access import opened_to
from cloud.auth.keys import Role
from cloud.fleet import changes, progress, registry, rollout
from cloud.fleet.changes import Author
from cloud.fleet.job_book import Job
from cloud.fleet.jobs import Abort, Rollout, Status
from cloud.fleet.progress import Progress
from cloud.fleet.rollout import Plan

MOST: Final = 200
MODEL: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,128}$"
MAY_HOLD_A_KEY: Final = {"package", "document"}  # a presigned address is one, while it stands

router = APIRouter(tags=["fleet"], dependencies=[opened_to(Role.OPERATIONS)])

JobName = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$", examples=["onlooker-face-0-3-0-1"])]


class Spread(BaseModel):
    """Whom a job concerns and how fast it spreads; shown first, done with `apply`."""

    model_config = ConfigDict(extra="forbid")

    whom: Whom
    per_minute: int | None = Field(None, ge=1, le=1_000, description="absent: all at once")
    minutes_each: int = Field(30, ge=1, le=10_080, description="then it counts as failed")
    abort_percent: float = Field(20.0, gt=0, le=100, description="of failures among those done")
    abort_after: int = Field(1, ge=1, le=100_000, description="failures count from so many on")
    apply: bool = Field(False, description="without it nothing changes: the answer is a preview")

    def rollout(self) -> Rollout:
        """The same as the job book has it."""
        abort = Abort(self.abort_after, self.abort_percent)
        return Rollout(self.per_minute, self.minutes_each, abort)


class RollOut(Spread):
    """A model for some cameras."""

    model: str = Field(pattern=MODEL, examples=["onlooker-face:0.3.0"])
    replaces: str | None = Field(None, pattern=MODEL, description="absent: what most of them run")
    package: dict[str, Any] | None = Field(None, description="signed card and where the file is")
    trial: dict[str, Any] | None = Field(None, description="when it is as good as the old one")


class Order(Spread):
    """Any other job: the document as the contract of jobs has it."""

    document: dict[str, Any] = Field(examples=[{"operation": "renew"}])


class RollOutAnswer(BaseModel):
    """The job that was opened, or would be."""

    job: str | None = Field(description="null in a preview")
    things: int


class RollBackAnswer(BaseModel):
    """What became of the cameras of the job, and the job that gives the old model back."""

    job: str | None = Field(description="null: nobody had taken the new model")
    things: int = Field(description="cameras that get the old model: done and unfinished")
    done: int = Field(description="had taken the new model")
    unfinished: int = Field(description="were at work, or did not finish in time")
    let_off: int = Field(description="had not begun")
    failed: int = Field(description="had failed, and kept the old model")


class ThingProgress(BaseModel):
    """Where one camera stands with a job, and why."""

    thing: str
    status: Status
    reason: str | None = Field(examples=["the package's digest is another"])
    details: dict[str, str] = Field(description="as the camera said them")
    queued_at: datetime
    started_at: datetime | None
    updated_at: datetime


class ProgressAnswer(BaseModel):
    """One page, by name; cameras that still wait are not among them."""

    things: list[ThingProgress]
    next: str | None = Field(description="`after` of the next page; null on the last")


class RollBack(BaseModel):
    """Which model comes back."""

    model_config = ConfigDict(extra="forbid")

    to: str | None = Field(None, pattern=MODEL, description="absent: the one that was replaced")


class JobAnswer(BaseModel):
    """One job and where its cameras stand."""

    job: str
    status: str = Field(examples=["IN_PROGRESS"])
    reason: str | None
    document: dict[str, Any]
    created_at: datetime
    waiting: int = Field(description="cameras that have not been told yet")
    things: dict[str, int] = Field(examples=[{"SUCCEEDED": 9, "QUEUED": 1}])


class JobsAnswer(BaseModel):
    """Newest first."""

    jobs: list[JobAnswer]


class Line(BaseModel):
    """One entry of the audit log about the fleet."""

    entry: int | None = Field(description="its number in the audit log; null from before there was")
    at: datetime
    who: str
    event: str = Field(examples=["thing.enrolled"])
    thing: str | None
    detail: str


class AuditAnswer(BaseModel):
    """Newest first."""

    lines: list[Line]


@router.get("/api/fleet/jobs", responses=documented(*REFUSALS, 422, 500, 503))
async def jobs(request: Request, count: Annotated[int, Query(ge=1, le=MOST)] = 50) -> JobsAnswer:
    """List what was rolled out."""
    found = await reading(request, lambda connection: rollout.listed(connection, last=count))
    return JobsAnswer(jobs=[JobAnswer(**one) for one in found])


@router.get("/api/fleet/jobs/{job}", responses=documented(*REFUSALS, 404, 422, 500, 503))
async def job(request: Request, job: JobName) -> JobAnswer:
    """Say how far one job has come."""
    return JobAnswer(**await reading(request, lambda connection: rollout.one(connection, job)))


@router.post("/api/fleet/jobs", responses=documented(*REFUSALS, 409, 413, 422, 500, 503))
async def roll_out(request: Request, asked: RollOut) -> RollOutAnswer:
    """Bring a model to some cameras, a few first; failures stop it before it reaches the rest."""
    brought = {"package": asked.package, "trial": asked.trial}
    more = {name: given for name, given in brought.items() if given is not None}
    plan = Plan(asked.model, asked.whom.search(), asked.rollout(), more)

    def act(connection: Connection, author: Author) -> Job:
        return rollout.roll_out(connection, plan, author, replaces=asked.replaces)

    return await _opened(request, asked, "fleet.roll_out", asked.model, act)


@router.post("/api/fleet/orders", responses=documented(*REFUSALS, 409, 413, 422, 500, 503))
async def order(request: Request, asked: Order) -> RollOutAnswer:
    """Have some cameras renew their certificate, restart, send a diagnosis, a clip, or update."""
    whom = asked.whom.search()

    def act(connection: Connection, author: Author) -> Job:
        return rollout.order(connection, asked.document, whom, asked.rollout(), author)

    about = str(asked.document.get("operation", "?"))
    return await _opened(request, asked, "fleet.order", about, act)


async def _opened(
    request: Request,
    asked: Spread,
    action: str,
    about: str,
    act: Callable[[Connection, Author], Job],
) -> RollOutAnswer:
    whom = asked.whom.search()
    if not asked.apply:
        meant = await reading(request, lambda connection: registry.names(connection, whom))
        return RollOutAnswer(job=None, things=len(meant))
    details = asked.model_dump(exclude_defaults=True, exclude=MAY_HOLD_A_KEY)
    opened = await changing(request, action, about, details, act)
    return RollOutAnswer(job=opened.id, things=len(opened.targets))


@router.post(
    "/api/fleet/jobs/{job}/roll-back",
    responses=documented(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def roll_back(request: Request, job: JobName, asked: RollBack) -> RollBackAnswer:
    """Stop a job and give the old model to whoever took the new one, or may have."""

    def act(connection: Connection, author: Author) -> rollout.RollBack:
        return rollout.roll_back(connection, job, author, to=asked.to)

    back = await changing(request, "fleet.roll_back", job, asked.model_dump(), act)
    return RollBackAnswer(
        job=back.job.id if back.job else None,
        things=back.done + back.unfinished,
        done=back.done,
        unfinished=back.unfinished,
        let_off=back.let_off,
        failed=back.failed,
    )


@router.get("/api/fleet/jobs/{job}/things", responses=documented(*REFUSALS, 404, 422, 500, 503))
async def job_things(
    request: Request,
    job: JobName,
    status: Annotated[Status | None, Query()] = None,
    after: Annotated[str, Query(pattern="^[A-Za-z0-9_-]*$", max_length=63)] = "",
    count: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> ProgressAnswer:
    """Say where each camera stands with a job, why it failed, and when it last said so."""

    def page(connection: Connection) -> list[Progress]:
        return progress.of_job(connection, job, status=status, after=after, most=count + 1)

    found = await reading(request, page)
    shown = [ThingProgress(**asdict(one)) for one in found[:count]]
    further = shown[-1].thing if len(found) > count else None
    return ProgressAnswer(things=shown, next=further)


@router.get("/api/fleet/audit", responses=documented(*REFUSALS, 422, 500, 503))
async def audit(
    request: Request,
    thing: Annotated[str | None, Query(pattern=PLAIN, max_length=63)] = None,
    count: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> AuditAnswer:
    """Say what was done to the fleet, by whom, and what was refused."""
    rows = await reading(request, lambda connection: changes.history(connection, thing, last=count))
    lines = [
        Line(
            entry=row.entry,
            at=row.at,
            who=row.who,
            event=row.event,
            thing=row.thing,
            detail=row.detail,
        )
        for row in rows
    ]
    return AuditAnswer(lines=lines)
