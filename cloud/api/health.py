"""`/healthz`, `/readyz` and `/metrics`: liveness, readiness and metrics of the process."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role

router = APIRouter(tags=["operation"])


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Ready(BaseModel):
    """The database is reachable; the age of the newest report, if there is one."""

    status: str = Field(examples=["ready"])
    locations: int = Field(examples=[8])
    latest_report_at: datetime | None = Field(description="when a report was last counted")
    latest_report_age_s: float | None = Field(examples=[12.5])


@router.get("/healthz", responses=problem_responses(500))
async def healthz() -> Alive:
    """Report that the process is alive; checks nothing else."""
    return Alive(status="alive")


@router.get("/readyz", responses=problem_responses(500, 503))
async def readyz(request: Request) -> Ready:
    """Report whether requests can be answered: 503 while the database cannot be reached."""
    context: AppContext = get_context(request)
    latest_at = await run_in_threadpool(_latest_report_at, context)
    age = None if latest_at is None else (context.clock() - latest_at).total_seconds()
    return Ready(
        status="ready",
        locations=len(context.sites),
        latest_report_at=latest_at,
        latest_report_age_s=age,
    )


@router.get(
    "/metrics",
    dependencies=[allow_roles(Role.OPERATIONS)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(*REFUSALS, 500)},
)
async def metrics(request: Request) -> Response:
    """Counters and timings for Prometheus."""
    return Response(
        generate_latest(request.app.state.registry),
        headers={"content-type": CONTENT_TYPE_LATEST},
    )


def _latest_report_at(context: AppContext) -> datetime | None:
    newest = select(func.max(database.report_streams.c.acknowledged_at))
    with database.reading(context.engine) as connection:
        found: datetime | None = connection.execute(newest).scalar_one()
    return found
