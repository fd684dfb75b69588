"""`/api/blackouts`: periods in which a screen is not for sale, entered by staff with a reason."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles, caller_name
from cloud.auth.keys import Role
from cloud.booking.inventory.blackout_lines import find_lines_within
from cloud.booking.inventory.blackouts import (
    ADD,
    MAX_REASON,
    REMOVE,
    Blackout,
    BlackoutKind,
    read_blackouts,
    record_blackout,
    remove_blackout,
    store_blackout,
)

router = APIRouter(tags=["booking"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])


class BlackoutRequest(BaseModel):
    """A period to close a screen for."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(examples=["KX-01"], max_length=63)
    starts_at: AwareDatetime = Field(examples=["2030-01-07T22:00:00Z"])
    ends_at: AwareDatetime = Field(examples=["2030-01-08T04:00:00Z"], description="not included")
    kind: BlackoutKind = Field(description="blackout: by contract; maintenance: repair")
    reason: str = Field(min_length=3, max_length=MAX_REASON, examples=["the panel is replaced"])


class BlackoutResponse(BaseModel):
    """A period, and the lines that have positions in it."""

    id: int
    location: str
    starts_at: datetime
    ends_at: datetime
    kind: BlackoutKind
    reason: str
    created_by: str
    created_at: datetime
    lines: list[str] = Field(description="lines with positions in the period: move or cancel them")


class BlackoutsResponse(BaseModel):
    """The periods that have not ended."""

    blackouts: list[BlackoutResponse]


@router.post(
    "/api/blackouts",
    status_code=201,
    response_model=BlackoutResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def create_blackout(
    request: Request, asked: BlackoutRequest, idempotent: Idempotent
) -> Response:
    """Close a screen for a period; what is booked stays, and is listed in `lines`."""
    context: AppContext = get_context(request)
    by = caller_name(request)[:120]

    def store(connection: Connection) -> Reply:
        new = Blackout(
            id=0,
            location=context.sites.location(asked.location).id,
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            kind=asked.kind,
            reason=asked.reason,
            created_by=by,
            created_at=context.clock(),
        )
        stored = store_blackout(connection, new)
        record_blackout(connection, stored, ADD, by, stored.created_at)
        return Reply(201, _encode(connection, stored), {})

    return await run_in_threadpool(idempotent.run, context, store)


@router.get(
    "/api/blackouts",
    response_model=BlackoutsResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def list_blackouts(
    request: Request,
    location: Annotated[str | None, Query(max_length=63, description="default: all")] = None,
) -> Response:
    """List the periods that have not ended, with the lines that have positions in them."""
    context: AppContext = get_context(request)

    def read() -> bytes:
        sites = None if location is None else [context.sites.location(location)]
        with database.reading(context.engine) as connection:
            found = read_blackouts(connection, sites, context.clock())
            every = {one.id: one for some in found.values() for one in some}
            shown = [_describe(connection, one) for _, one in sorted(every.items())]
        return msgspec.json.encode({"blackouts": shown})

    return Response(await run_in_threadpool(read), media_type="application/json")


@router.delete(
    "/api/blackouts/{blackout}",
    response_model=BlackoutResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def delete_blackout(
    request: Request,
    blackout: Annotated[int, Path(ge=1, le=2**31)],
    idempotent: Idempotent,
) -> Response:
    """Open the screen again as of now."""
    context: AppContext = get_context(request)
    by = caller_name(request)[:120]

    def remove(connection: Connection) -> Reply:
        now = context.clock()
        removed = remove_blackout(connection, blackout, now)
        record_blackout(connection, removed, REMOVE, by, now)
        return Reply(200, _encode(connection, removed), {})

    return await run_in_threadpool(idempotent.run, context, remove)


def _encode(connection: Connection, blackout: Blackout) -> bytes:
    return msgspec.json.encode(_describe(connection, blackout))


def _describe(connection: Connection, blackout: Blackout) -> dict[str, Any]:
    shown = {name: getattr(blackout, name) for name in Blackout.__slots__}
    return {**shown, "lines": find_lines_within(connection, blackout)}
