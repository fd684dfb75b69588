"""`POST /api/avails`: what can be bought of some screens and hours, at this moment.

Status and reasons are those of OpenDirect 2.1. The answer is no hold. Staff may also get the lines
that have the positions; a buyer never learns who has them.
"""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.booking.selection import Selection, SelectionRequest, select_slots
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import BUYER_ROLES, Caller, Forbidden, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.booking.inventory.avail_counts import read_count_grid
from cloud.booking.inventory.avails import (
    AvailStatus,
    SiteAvails,
    compute_avails,
    summarize,
)
from cloud.booking.inventory.blackouts import read_blackouts
from cloud.booking.inventory.blocking_lines import BlockingLine, read_blocking_lines
from cloud.booking.inventory.restrictions import CreativeFacts, find_violations, read_restrictions
from cloud.booking.slots import HOUR_S, AvailReason, DeliveryType

MAX_AVAILS: Final = 100_000
MAX_BLOCKING: Final = 500

router = APIRouter(tags=["booking"], dependencies=[allow_roles(*BUYER_ROLES, Role.OPERATIONS)])


class AvailsRequest(SelectionRequest):
    """The screens and hours, and whether staff want the lines that block them."""

    blocking: bool = Field(default=False, description="staff only: list the lines in the way")


class AvailsRun(BaseModel):
    """Consecutive hours of a screen with the same answer."""

    starts_at: datetime = Field(examples=["2030-01-07T07:00:00Z"])
    hours: int = Field(examples=[3])
    status: AvailStatus
    reason: AvailReason | None = Field(description="null: available")
    free: int = Field(examples=[4], description="free positions of the loop, in each hour")


class AvailsScreen(BaseModel):
    """One screen."""

    location: str = Field(examples=["KX-01"])
    positions: int = Field(examples=[6], description="of its loop")
    status: AvailStatus
    runs: list[AvailsRun]


class AvailsBlocker(BaseModel):
    """A line that has positions of the asked hours; for staff."""

    line: str
    account: str | None
    delivery: DeliveryType
    state: str = Field(examples=["held"])
    until: datetime | None = Field(description="end of a hold; null: confirmed")
    location: str
    slots: int = Field(description="asked hours of the screen in which it has positions")


class AvailsResponse(BaseModel):
    """The answer as of one moment."""

    at: datetime
    status: AvailStatus
    screens: list[AvailsScreen]
    blocking: list[AvailsBlocker] | None = Field(description="null to all but staff")


@router.post(
    "/api/avails",
    response_model=AvailsResponse,
    responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503),
)
async def find_avails(
    request: Request, asked: AvailsRequest, who: Annotated[Caller, Depends(receive_caller)]
) -> Response:
    """Read status, reason and free positions of the hours of some screens."""
    context: AppContext = get_context(request)
    if asked.blocking and not who.sees_all:
        raise Forbidden("only staff may list the lines that block a screen: omit `blocking`")
    body = await run_in_threadpool(read_avails, context, asked)
    return Response(body, media_type="application/json")


def read_avails(context: AppContext, asked: AvailsRequest) -> bytes:
    """The answer as JSON."""
    now = context.clock()
    with database.reading(context.engine) as connection:
        selection = select_slots(connection, context.sites, asked, most=MAX_AVAILS)
        found = compute_selected(connection, selection, now)
        lines = None
        if asked.blocking:
            lines = read_blocking_lines(connection, selection.demand, most=MAX_BLOCKING)
    return msgspec.json.encode(
        {
            "at": now,
            "status": summarize(one.status for one in found),
            "screens": [_describe(one) for one in found],
            "blocking": None if lines is None else [_describe_blocker(one) for one in lines],
        }
    )


def compute_selected(
    connection: Connection, selection: Selection, now: datetime
) -> list[SiteAvails]:
    """The avails of each screen of a selection."""
    sites, screens = selection.sites, selection.screens
    first_s = min(int(one.starts_s[0]) for one in screens if one.starts_s.size)
    until_s = max(int(one.starts_s[-1]) for one in screens if one.starts_s.size) + HOUR_S
    grid = read_count_grid(connection, sites, first_s, until_s, now)
    blackouts = read_blackouts(connection, sites, now)
    restrictions = read_restrictions(connection, sites)
    facts = CreativeFacts(categories=selection.categories)
    return [
        compute_avails(
            one.site,
            one.starts_s,
            grid.pick(one.site, one.starts_s),
            positions=one.positions,
            blackouts=blackouts[one.site.id],
            is_prohibited=bool(find_violations(one.site, restrictions.get(one.site.id), facts)),
            now=now,
        )
        for one in screens
    ]


def _describe(found: SiteAvails) -> dict[str, Any]:
    return {
        "location": found.site.id,
        "positions": found.site.loop.positions,
        "status": found.status,
        "runs": found.runs,
    }


def _describe_blocker(line: BlockingLine) -> dict[str, Any]:
    return {
        "line": line.take.line_id,
        "account": line.take.account,
        "delivery": line.take.delivery,
        "state": line.take.state,
        "until": line.take.until_at,
        "location": line.location,
        "slots": line.slots,
    }
