"""`/api/nightly/runs`: nightly runs with their steps, and the age of the newest complete one."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.alerting.rules import THRESHOLDS, AlertKind
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.nightly.runs import (
    NightlyRun,
    RunStatus,
    list_runs,
    read_first_started_at,
    read_last_completed_at,
    read_steps_by_run,
)
from cloud.nightly.steps import StepRecord, StepStatus

MAX_PAGE: Final = 100
HOUR: Final = timedelta(hours=1)
LATE_AFTER_H: Final = THRESHOLDS[AlertKind.NIGHTLY_LATE].raise_at

router = APIRouter(tags=["operations"], dependencies=[allow_roles(Role.OPERATIONS)])


class NightlyStepResponse(BaseModel):
    """One step of a run."""

    name: str = Field(examples=["build-marts"])
    status: StepStatus
    attempts: int = Field(description="0: it was not started")
    started_at: datetime
    ended_at: datetime | None = Field(description="null: it runs, or its program ended before")
    duration_s: float | None = Field(examples=[12.5])
    rows: int | None = Field(description="what it counts depends on the step")
    notes: list[str] = Field(description="the error, or what was left out")


class NightlyRunResponse(BaseModel):
    """One run."""

    id: int
    status: RunStatus
    first_on: date | None = Field(description="days built anew; null: those that changed")
    last_on: date | None
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None
    steps: list[NightlyStepResponse]


class NightlyFreshness(BaseModel):
    """The age of what the newest complete run wrote."""

    completed_at: datetime | None = Field(description="null: no run was complete yet")
    age_h: float | None = Field(description="since then, or since the first start; null: no run")
    late_after_h: float = Field(examples=[26.0])
    is_late: bool


class NightlyRunsResponse(BaseModel):
    """One page, the newest first."""

    freshness: NightlyFreshness
    runs: list[NightlyRunResponse]
    next: int | None = Field(description="`before` of the next page; null on the last")


@router.get("/api/nightly/runs", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_nightly_runs(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 14,
) -> NightlyRunsResponse:
    """List nightly runs with their steps, page by page."""
    now = get_context(request).clock()

    def read(connection: Connection) -> NightlyRunsResponse:
        found = list_runs(connection, before=before, most=limit + 1)
        shown = found[:limit]
        steps = read_steps_by_run(connection, [one.id for one in shown])
        return NightlyRunsResponse(
            freshness=_read_freshness(connection, now),
            runs=[_describe_run(one, steps.get(one.id, [])) for one in shown],
            next=shown[-1].id if len(found) > limit else None,
        )

    return await read_database(request, read)


def _read_freshness(connection: Connection, now: datetime) -> NightlyFreshness:
    completed_at = read_last_completed_at(connection)
    since = completed_at or read_first_started_at(connection)
    age_h = None if since is None else (now - since) / HOUR
    return NightlyFreshness(
        completed_at=completed_at,
        age_h=age_h,
        late_after_h=LATE_AFTER_H,
        is_late=age_h is not None and age_h >= LATE_AFTER_H,
    )


def _describe_run(run: NightlyRun, steps: list[StepRecord]) -> NightlyRunResponse:
    first_on, last_on = run.days or (None, None)
    return NightlyRunResponse(
        id=run.id,
        status=run.status,
        first_on=first_on,
        last_on=last_on,
        started_at=run.started_at,
        ended_at=run.ended_at,
        duration_s=_duration_s(run.started_at, run.ended_at),
        steps=[_describe_step(one) for one in steps],
    )


def _describe_step(step: StepRecord) -> NightlyStepResponse:
    return NightlyStepResponse(
        name=step.name,
        status=step.status,
        attempts=step.attempts,
        started_at=step.started_at,
        ended_at=step.ended_at,
        duration_s=_duration_s(step.started_at, step.ended_at),
        rows=step.rows,
        notes=step.notes.splitlines(),
    )


def _duration_s(started_at: datetime, ended_at: datetime | None) -> float | None:
    return None if ended_at is None else (ended_at - started_at).total_seconds()
