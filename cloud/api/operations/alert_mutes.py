"""`/api/alert-mutes`: for a while, matching alerts are recorded and nobody is notified."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from cloud.alerting.actions import LONGEST_NOTE
from cloud.alerting.mute_actions import NewMute, create_mute, end_mute
from cloud.alerting.mutes import AlertMute, MuteFilter, list_mutes
from cloud.api.alerts import MAX_NUMBER, KindName
from cloud.api.fleet.transactions import Name
from cloud.api.operations.transactions import change_database_once
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role

MAX_PAGE: Final = 200

router = APIRouter(tags=["alerts"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])


class MuteRequest(BaseModel):
    """Which alerts are muted, until when, and why. At least one of the three is given."""

    model_config = ConfigDict(extra="forbid")

    kind: KindName | None = Field(
        None, examples=["camera."], description="a kind of alert or the beginning of one"
    )
    location: Name | None = Field(None, examples=["KX-01"])
    device: Name | None = Field(None, examples=["kx-01-cam-1"])
    until: AwareDatetime = Field(
        examples=["2026-11-21T06:00:00Z"], description="at most 30 days from now"
    )
    reason: str = Field(
        min_length=1, max_length=LONGEST_NOTE, examples=["escalator works until Saturday"]
    )


class MuteResponse(BaseModel):
    """One mute; what is null is not limited."""

    id: int = Field(examples=[3])
    kind: str | None = Field(examples=["camera."])
    location: str | None = Field(examples=["KX-01"])
    device: str | None = Field(examples=["kx-01-cam-1"])
    reason: str
    active: bool
    created_at: datetime
    created_by: str
    until_at: datetime
    ended_at: datetime | None = Field(description="when it was ended by hand")
    ended_by: str | None


class MutesResponse(BaseModel):
    """One page, the newest first."""

    mutes: list[MuteResponse]
    next: int | None = Field(description="`before` of the next page; null on the last")


@router.get("/api/alert-mutes", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_alert_mutes(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> MutesResponse:
    """List mutes, also those that have ended, page by page."""
    now = get_context(request).clock()
    found = await read_database(
        request, lambda connection: list_mutes(connection, before=before, most=limit + 1)
    )
    shown = [_describe(one, now) for one in found[:limit]]
    return MutesResponse(mutes=shown, next=shown[-1].id if len(found) > limit else None)


@router.post(
    "/api/alert-mutes",
    dependencies=[allow_roles(Role.OPERATIONS)],
    status_code=201,
    response_model=MuteResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def mute_alerts(request: Request, asked: MuteRequest, idempotent: Idempotent) -> Response:
    """Mute alerts: those that match are recorded, and notified only if they outlast the mute."""
    context: AppContext = get_context(request)
    if asked.location is not None:
        context.sites.location(asked.location)
    muted = MuteFilter(asked.kind or "", asked.location or "", asked.device or "")
    new = NewMute(muted, asked.until, asked.reason)

    def act(connection: Connection, actor: str, now: datetime) -> MuteResponse:
        return _describe(create_mute(connection, new, actor=actor, now=now), now)

    return await change_database_once(request, idempotent, act, 201)


@router.post(
    "/api/alert-mutes/{mute}/end",
    dependencies=[allow_roles(Role.OPERATIONS)],
    response_model=MuteResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def end_alert_mute(
    request: Request,
    number: Annotated[int, Path(alias="mute", ge=1, le=MAX_NUMBER)],
    idempotent: Idempotent,
) -> Response:
    """End a mute before its time: alerts that are still open are notified now."""

    def act(connection: Connection, actor: str, now: datetime) -> MuteResponse:
        return _describe(end_mute(connection, number, actor=actor, now=now), now)

    return await change_database_once(request, idempotent, act)


def _describe(mute: AlertMute, now: datetime) -> MuteResponse:
    return MuteResponse(
        id=mute.id,
        kind=mute.filter.kind or None,
        location=mute.filter.location or None,
        device=mute.filter.device or None,
        reason=mute.reason,
        active=mute.is_active(now),
        created_at=mute.created_at,
        created_by=mute.created_by,
        until_at=mute.until_at,
        ended_at=mute.ended_at,
        ended_by=mute.ended_by,
    )
