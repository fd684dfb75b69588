"""`/api/fleet/jobs`, `/rollouts` and `/audit`: jobs of devices, and the history of the fleet."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.fleet.transactions import (
    NAME_PATTERN,
    JsonObject,
    TargetSelector,
    audit_change,
    change_fleet,
)
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    IdempotentRequest,
    OptionalIdempotent,
    run_change,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.fleet import history
from cloud.fleet.history import Author
from cloud.fleet.jobs import progress, rollout
from cloud.fleet.jobs.execution import AbortCriteria, ExecutionStatus, RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.jobs.progress import DeviceProgress
from cloud.fleet.jobs.rollout import ModelRollout
from cloud.fleet.registry import devices

MAX_LIMIT: Final = 200
MAX_NAMES: Final = 50
MODEL: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,128}$"
NOT_AUDITED: Final = {"package", "document"}  # may hold presigned addresses, which are credentials

router = APIRouter(tags=["fleet"], dependencies=[allow_roles(Role.OPERATIONS)])

JobName = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$", examples=["onlooker-face-0-3-0-1"])]


class RolloutOptions(BaseModel):
    """The devices of a job and the rate of its rollout; a preview unless `apply` is set."""

    model_config = ConfigDict(extra="forbid")

    target: TargetSelector
    per_minute: int | None = Field(None, ge=1, le=1_000, description="absent: all at once")
    minutes_each: int = Field(
        30, ge=1, le=10_080, description="time-out of one device, which then counts as failed"
    )
    abort_percent: float = Field(
        20.0, gt=0, le=100, description="of the finished devices, whose failure stops it"
    )
    abort_after: int = Field(1, ge=1, le=100_000, description="failures count from so many on")
    share_percent: float = Field(
        rollout.EVERY_DEVICE, gt=0, le=100, description="of the selected devices, at least one"
    )
    apply: bool = Field(False, description="without it nothing changes: the answer is a preview")

    def rollout(self) -> RolloutConfig:
        """The same as the job store has it."""
        abort = AbortCriteria(self.abort_after, self.abort_percent)
        return RolloutConfig(self.per_minute, self.minutes_each, abort)


class ModelRolloutRequest(RolloutOptions):
    """A model for some cameras."""

    model: str = Field(pattern=MODEL, examples=["onlooker-face:0.3.0"])
    replaces: str | None = Field(None, pattern=MODEL, description="absent: what most of them run")
    package: JsonObject | None = Field(None, description="signed card and the address of the file")
    trial: JsonObject | None = Field(None, description="criteria for accepting the new model")


class JobRequest(RolloutOptions):
    """Any other job; `document` follows the contract of jobs."""

    document: JsonObject = Field(examples=[{"operation": "renew"}])


class JobCreatedAnswer(BaseModel):
    """The job that was created, or would be."""

    job: str | None = Field(description="null in a preview")
    devices: int
    names: list[str] = Field(description=f"the first {MAX_NAMES} of them")


class RollbackAnswer(BaseModel):
    """The result for the cameras of the job, and the job that restores the old model."""

    job: str | None = Field(description="null: no camera had installed the new model")
    devices: int = Field(description="cameras that get the old model: done and unfinished")
    done: int = Field(description="had installed the new model")
    unfinished: int = Field(description="were in progress, or timed out")
    not_started: int = Field(description="had not started")
    failed: int = Field(description="had failed, and still ran the old model")


class DeviceProgressAnswer(BaseModel):
    """The status of one camera in a job, and its reason."""

    device: str
    status: ExecutionStatus
    reason: str | None = Field(examples=["the package's digest is another"])
    details: dict[str, str] = Field(description="as the camera reported them")
    queued_at: datetime
    started_at: datetime | None
    updated_at: datetime


class ProgressAnswer(BaseModel):
    """One page, by name, without cameras that are still waiting."""

    devices: list[DeviceProgressAnswer]
    next: str | None = Field(description="`after` of the next page; null on the last")


class RollbackRequest(BaseModel):
    """The model to restore."""

    model_config = ConfigDict(extra="forbid")

    to: str | None = Field(None, pattern=MODEL, description="absent: the replaced one")


class AbortAnswer(BaseModel):
    """When failures stop a job."""

    at_least: int = Field(description="failures count from so many finished devices on")
    percentage: float = Field(description="of the finished devices")


class JobRolloutAnswer(BaseModel):
    """How fast a job spreads, and when it stops."""

    per_minute: int | None = Field(description="null: all at once")
    minutes_each: int | None = Field(description="time-out of one device; null: none")
    abort: AbortAnswer | None = Field(description="null: failures do not stop it")


class JobAnswer(BaseModel):
    """One job and the number of its devices by status."""

    job: str
    status: str = Field(examples=["IN_PROGRESS"])
    reason: str | None
    document: dict[str, Any]
    rollout: JobRolloutAnswer
    created_at: datetime
    ended_at: datetime | None
    waiting: int = Field(description="devices that are not notified yet")
    devices: dict[str, int] = Field(examples=[{"SUCCEEDED": 9, "QUEUED": 1}])


class JobsAnswer(BaseModel):
    """Newest first."""

    jobs: list[JobAnswer]


class HistoryEntryAnswer(BaseModel):
    """One entry of the audit log about the fleet."""

    entry: int | None = Field(description="number in the audit log; null: older than that log")
    at: datetime
    who: str
    event: str = Field(examples=["device.enrolled"])
    device: str | None
    detail: str


class HistoryAnswer(BaseModel):
    """Newest first."""

    entries: list[HistoryEntryAnswer]


CREATES_JOB: Final[dict[str, Any]] = {
    "response_model": JobCreatedAnswer,
    "responses": problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
}


@router.get("/api/fleet/jobs", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_jobs(
    request: Request, limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
) -> JobsAnswer:
    """List the latest jobs."""
    found = await read_database(
        request, lambda connection: rollout.list_jobs(connection, last=limit)
    )
    return JobsAnswer(jobs=[JobAnswer(**one) for one in found])


@router.get("/api/fleet/jobs/{job}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_job(request: Request, job: JobName) -> JobAnswer:
    """Return one job with the number of its devices by status."""
    return JobAnswer(
        **await read_database(request, lambda connection: rollout.get_job(connection, job))
    )


@router.post("/api/fleet/rollouts", **CREATES_JOB)
async def create_rollout(
    request: Request, asked: ModelRolloutRequest, idempotent: OptionalIdempotent
) -> Response:
    """Roll a model out to some cameras, at a limited rate; failures stop the rollout.

    A request that is sent again with its `Idempotency-Key` creates no second job.
    """
    options = {"package": asked.package, "trial": asked.trial}
    more = {name: given for name, given in options.items() if given is not None}
    plan = ModelRollout(
        asked.model, asked.target.search(), asked.rollout(), more, asked.share_percent
    )

    def act(connection: Connection, author: Author) -> Job:
        return rollout.roll_out_model(connection, plan, author, replaces=asked.replaces)

    if not asked.apply:
        await read_database(request, lambda opened: rollout.validate_availability(opened, plan))
    return await _create(request, asked, idempotent, "fleet.roll_out", asked.model, act)


@router.post("/api/fleet/jobs", **CREATES_JOB)
async def create_job(
    request: Request, asked: JobRequest, idempotent: OptionalIdempotent
) -> Response:
    """Create a job: renew certificates, restart, diagnose, record a clip, or update.

    A request that is sent again with its `Idempotency-Key` creates no second job.
    """
    selector = asked.target.search()

    def act(connection: Connection, author: Author) -> Job:
        return rollout.create_job(
            connection, asked.document, selector, asked.rollout(), author,
            share_percent=asked.share_percent,
        )  # fmt: skip

    about = str(asked.document.get("operation", "?"))
    return await _create(request, asked, idempotent, "fleet.order", about, act)


async def _create(
    request: Request,
    asked: RolloutOptions,
    idempotent: IdempotentRequest | None,
    action: str,
    about: str,
    act: Callable[[Connection, Author], Job],
) -> Response:
    selector = asked.target.search()
    if not asked.apply:
        selected = await read_database(
            request, lambda connection: devices.find_names(connection, selector)
        )
        chosen = rollout.choose_canaries(selected, asked.share_percent, about)
        return Response(_describe_created(None, chosen), media_type="application/json")
    details = asked.model_dump(exclude_defaults=True, exclude=NOT_AUDITED)
    create = audit_change(request, action, about, details, act)

    def change(connection: Connection) -> Reply:
        opened = create(connection)
        return Reply(200, _describe_created(opened.id, opened.targets), {})

    return await run_in_threadpool(run_change, get_context(request), idempotent, lambda: change)


def _describe_created(job: str | None, targets: Sequence[str]) -> bytes:
    names = list(targets[:MAX_NAMES])
    return JobCreatedAnswer(job=job, devices=len(targets), names=names).model_dump_json().encode()


@router.post(
    "/api/fleet/jobs/{job}/roll-back",
    responses=problem_responses(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def roll_back(request: Request, job: JobName, asked: RollbackRequest) -> RollbackAnswer:
    """Stop a job and restore the old model where the new one is, or may be, installed."""

    def act(connection: Connection, author: Author) -> rollout.RollbackResult:
        return rollout.roll_back(connection, job, author, to=asked.to)

    back = await change_fleet(request, "fleet.roll_back", job, asked.model_dump(), act)
    return RollbackAnswer(
        job=back.job.id if back.job else None,
        devices=back.done + back.unfinished,
        done=back.done,
        unfinished=back.unfinished,
        not_started=back.not_started,
        failed=back.failed,
    )


@router.get(
    "/api/fleet/jobs/{job}/devices", responses=problem_responses(*REFUSALS, 404, 422, 500, 503)
)
async def list_job_devices(
    request: Request,
    job: JobName,
    status: Annotated[ExecutionStatus | None, Query()] = None,
    after: Annotated[str, Query(pattern="^[A-Za-z0-9_-]*$", max_length=63)] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
) -> ProgressAnswer:
    """List the status of each camera in a job, with its reason and the time of its last report."""

    def page(connection: Connection) -> list[DeviceProgress]:
        return progress.read_progress(connection, job, status=status, after=after, most=limit + 1)

    found = await read_database(request, page)
    shown = [DeviceProgressAnswer(**asdict(one)) for one in found[:limit]]
    further = shown[-1].device if len(found) > limit else None
    return ProgressAnswer(devices=shown, next=further)


@router.get("/api/fleet/audit", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_history(
    request: Request,
    device: Annotated[str | None, Query(pattern=NAME_PATTERN, max_length=63)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> HistoryAnswer:
    """List changes of the fleet with their author, and refused attempts."""
    rows = await read_database(
        request, lambda connection: history.read_history(connection, device, last=limit)
    )
    entries = [
        HistoryEntryAnswer(
            entry=row.entry,
            at=row.at,
            who=row.who,
            event=row.event,
            device=row.device,
            detail=row.detail,
        )
        for row in rows
    ]
    return HistoryAnswer(entries=entries)
