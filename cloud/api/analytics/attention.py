"""`GET /api/analytics/...`: attention by location, hour of the week and visitor group.

Days that have not ended are never included. An answer is shared for a minute.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.analytics.analytics_query import AnalyticsQuery
from cloud.analytics.attention import (
    Effectiveness,
    compute_effectiveness,
    compute_site_rates,
    compute_week,
)
from cloud.analytics.shrinkage import ShrunkRate
from cloud.analytics.visitor_groups import compute_groups
from cloud.api.analytics.documents import (
    DIGITS,
    AttentionResponse,
    EffectiveLocationDocument,
    EffectivenessResponse,
    GroupDocument,
    GroupsResponse,
    LocationDocument,
    RateDocument,
    ShrunkDocument,
    WeekHourDocument,
    WeekResponse,
    describe_cell,
    describe_site,
)
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role

SHARED_FOR_S: Final = 60
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    304: NOT_MODIFIED,
    **problem_responses(*REFUSALS, 404, 422, 500, 503),
}
router = APIRouter(tags=["analytics"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])
AskedOf = Annotated[AnalyticsQuery, Query()]
Read = Callable[[Connection, AppContext, AnalyticsQuery, datetime], BaseModel]


@router.get("/api/analytics/attention", response_model=AttentionResponse, responses=REFUSED)
async def get_attention(request: Request, asked: AskedOf) -> Response:
    """Return the attention rate of each location, for a map."""
    return await _respond(request, "attention", asked, _read_attention)


@router.get("/api/analytics/week", response_model=WeekResponse, responses=REFUSED)
async def get_week(request: Request, asked: AskedOf) -> Response:
    """Return the attention rate of each hour of the week: of locations, a venue type or all."""
    return await _respond(request, "week", asked, _read_week)


@router.get("/api/analytics/effectiveness", response_model=EffectivenessResponse, responses=REFUSED)
async def get_effectiveness(request: Request, asked: AskedOf) -> Response:
    """Return the locations in the order of their rates, shrunk to their mean by empirical Bayes."""
    return await _respond(request, "effectiveness", asked, _read_effectiveness)


@router.get("/api/analytics/demographics", response_model=GroupsResponse, responses=REFUSED)
async def get_groups(request: Request, asked: AskedOf) -> Response:
    """Return visits and attention rates by age group and gender."""
    return await _respond(request, "groups", asked, _read_groups)


async def _respond(request: Request, what: str, asked: AnalyticsQuery, read: Read) -> Response:
    context: AppContext = get_context(request)
    now = context.clock()
    key = (f"analytics {what}", asked, context.sites, int(now.timestamp()) // SHARED_FOR_S)
    answer = context.response_cache.get(key)
    if answer is None:
        content = await run_in_threadpool(partial(_read, context, asked, read, now))
        answer = context.response_cache.put(key, TaggedResponse(content))
    return answer.answer(request)


def _read(context: AppContext, asked: AnalyticsQuery, read: Read, now: datetime) -> bytes:
    with database.reading(context.engine) as connection:
        return read(connection, context, asked, now).model_dump_json().encode()


def _head(asked: AnalyticsQuery, now: datetime) -> dict[str, Any]:
    return {"measure": asked.measure, "days": asked.days, "until": asked.until, "asked_at": now}


def _read_attention(
    connection: Connection, context: AppContext, asked: AnalyticsQuery, now: datetime
) -> AttentionResponse:
    found = compute_site_rates(connection, context.sites, asked, now)
    locations = [LocationDocument(**describe_site(one)) for one in found]
    return AttentionResponse(**_head(asked, now), locations=locations)


def _read_week(
    connection: Connection, context: AppContext, asked: AnalyticsQuery, now: datetime
) -> WeekResponse:
    found = compute_week(connection, context.sites, asked, now)
    hours = [
        WeekHourDocument(weekday=weekday, hour=hour, **describe_cell(cell))
        for (weekday, hour), cell in sorted(found.items())
    ]
    return WeekResponse(**_head(asked, now), hours=hours)


def _read_effectiveness(
    connection: Connection, context: AppContext, asked: AnalyticsQuery, now: datetime
) -> EffectivenessResponse:
    found = compute_effectiveness(connection, context.sites, asked, now)
    locations = sorted(_locations(found), key=_order)
    mean, between = (found.shrunk.mean, found.shrunk.between) if found.shrunk else (None, None)
    return EffectivenessResponse(
        **_head(asked, now),
        mean=None if mean is None else round(mean, DIGITS),
        between=None if between is None else round(between, DIGITS),
        locations=locations,
    )


def _locations(found: Effectiveness) -> list[EffectiveLocationDocument]:
    shrunk = found.shrunk.locations if found.shrunk else {}
    return [
        EffectiveLocationDocument(
            **describe_site(one), shrunk=_describe_shrunk(shrunk.get(one.site.id))
        )
        for one in found.rates
    ]


def _order(one: EffectiveLocationDocument) -> tuple[bool, int, str]:
    return one.shrunk is None, one.shrunk.rank if one.shrunk else 0, one.location


def _describe_shrunk(found: ShrunkRate | None) -> ShrunkDocument | None:
    if found is None:
        return None
    values = {name: getattr(found, name) for name in ShrunkDocument.model_fields}
    rounded = {name: round(values[name], DIGITS) for name in ("value", "low", "high")}
    return ShrunkDocument(
        **{**values, **rounded, "weight_of_mean": round(found.weight_of_mean, 4)}
    )  # fmt: skip


def _read_groups(
    connection: Connection, context: AppContext, asked: AnalyticsQuery, now: datetime
) -> GroupsResponse:
    asked.select(context.sites)
    found = compute_groups(connection, asked, now)
    return GroupsResponse(
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        asked_at=now,
        described_visits=found.described_visits,
        undescribed_visits=found.undescribed_visits,
        suppressed_visits=found.suppressed_visits,
        groups=[
            GroupDocument(
                age=one.age, gender=one.gender, visits=one.visits, viewers=one.viewers,
                share=round(one.share, 4), rate=RateDocument.of(one.rate),
            )
            for one in found.groups
        ],
    )  # fmt: skip
