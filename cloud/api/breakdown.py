"""`GET /api/audience` and `GET /api/demographics`: from the whole network to one camera.

The whole network is broken down by whole hours, since only hourly sums are stored for it; one
location to the minute. By location or camera an answer has pages of locations. A group without
reports is absent, never zero.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import MAX_RANGE, Figures, RangeError, describe_figures, parse_range
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.database.rollups import UNKNOWN
from cloud.sites.openooh import refuse_unknown
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.breakdown import breakdown, demographics, locations_with_reports
from cloud.windows.dimensions import BreakdownFilter, DemographicGroup, Dimension, cell_interval
from cloud.windows.expected_time import ExpectedTime, group_key, unexpected_ms
from cloud.windows.venue_breakdown import DIMENSIONS, venue_breakdown, venue_demographic_groups

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MAX_ROLLED: Final = timedelta(days=31)
MAX_BY_MINUTE: Final = timedelta(days=1)
MAX_ROWS: Final = 2_400  # hours of locations that one page may read
SUMS: Final = (
    *database.BLIND, "interval_ms", "observed_ms", "person_ms", "looking_ms", "entries", "visits",
    "onlookers", "dwell_ms", *database.DWELL, *database.BANDS,
)  # fmt: skip

router = APIRouter(tags=["audience"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])


class BreakdownCellResponse(Figures):
    """One group; its key holds the parts that were requested."""

    location: str | None = Field(examples=["KX-01"])
    venue_type: str | None = Field(examples=["10503"], description="OpenOOH id, or unknown")
    device: str | None = Field(examples=["kx-01-cam-1"])
    starts_at: datetime
    ends_at: datetime
    cameras: int | None = Field(description="null in sums over several locations")
    reported_s: float = Field(examples=[3600.0], description="time that reports cover")
    observed_s: float = Field(
        examples=[3400.0], description="time in which the picture could be measured"
    )
    expected_s: float = Field(
        examples=[3600.0], description="time that the cameras of the sites file should observe"
    )
    observed_share: float | None = Field(
        examples=[0.97], description="of the expected time; null where no camera is expected"
    )
    is_listed: bool | None = Field(
        description="by device: whether the sites file lists the camera there; else null"
    )


class BreakdownResponse(BaseModel):
    """The groups in the order of their keys."""

    by: list[Dimension]
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    cells: list[BreakdownCellResponse]
    next: str | None = Field(description="`after` of the next page of locations; null on the last")


class DemographicGroupResponse(BaseModel):
    """Ended visits of one estimated age group and gender; unknown is a group."""

    location: str | None
    venue_type: str | None
    starts_at: datetime
    ends_at: datetime
    age: str = Field(examples=["25-34"])
    gender: str = Field(examples=["female"])
    visits: int
    onlookers: int


class DemographicsResponse(BaseModel):
    """The groups in the order of their keys."""

    by: list[Dimension]
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    groups: list[DemographicGroupResponse]


class Part(StrEnum):
    """The dimensions of demographics."""

    VENUE_TYPE = "venue_type"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class BreakdownQuery:
    """A validated query; `after` and `limit` page through locations."""

    where: BreakdownFilter
    by: tuple[Dimension, ...]
    after: str = ""
    limit: int = 0

    @property
    def is_rolled(self) -> bool:
        """Whether hourly sums suffice for it."""
        return self.where.location is None and DIMENSIONS.issuperset(self.by)

    @property
    def places_in_a_page(self) -> int:
        """Locations per page: fewer for a longer interval, so that the rows read are bounded."""
        hours = (self.where.ends_at - self.where.starts_at) // HOUR
        return max(1, min(self.limit, MAX_ROWS // max(1, hours)))


Read = Callable[[Connection, BreakdownQuery, ExpectedTime], dict[str, Any]]
Since = Annotated[
    AwareDatetime | None, Query(alias="from", description="default: a day before `until`")
]
Until = Annotated[AwareDatetime | None, Query(description="default: the end of the running hour")]
Location = Annotated[str | None, Query(max_length=63, description="one location")]
VenueType = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,64}$", examples=["10503"])]


@router.get(
    "/api/audience",
    response_model=BreakdownResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def break_down_audience(
    request: Request,
    by: Annotated[list[Dimension] | None, Query(max_length=5, examples=[["venue_type"]])] = None,
    since: Since = None,
    until: Until = None,
    location: Location = None,
    venue_type: VenueType = None,
    after: Annotated[str, Query(pattern="^[A-Za-z0-9_-]*$", max_length=63)] = "",
    limit: Annotated[int, Query(ge=1, le=500, description="locations in a page")] = 100,
) -> Response:
    """Sum the audience by location, venue type, camera, hour or day (UTC)."""
    asked = _parse_query(request, by or [], (since, until), location, venue_type)
    paged = BreakdownQuery(asked.where, asked.by, after, limit)
    return await _respond(request, "breakdown", paged, _cells)


@router.get(
    "/api/demographics",
    response_model=DemographicsResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def break_down_demographics(
    request: Request,
    by: Annotated[list[Part] | None, Query(max_length=3)] = None,
    since: Since = None,
    until: Until = None,
    location: Location = None,
    venue_type: VenueType = None,
) -> Response:
    """Sum ended visits by age group and gender: of the network, a venue type or a location."""
    parts = [Dimension(str(one)) for one in by or []]
    asked = _parse_query(request, parts, (since, until), location, venue_type)
    return await _respond(request, "demographics", asked, _groups)


def _parse_query(
    request: Request,
    by: list[Dimension],
    between: tuple[datetime | None, datetime | None],
    location: str | None,
    venue_type: str | None,
) -> BreakdownQuery:
    context: AppContext = get_context(request)
    now = context.clock()
    if location is not None:
        context.sites.location(location)
    if venue_type not in (None, UNKNOWN):
        refuse_unknown([str(venue_type)], (site.venue for site in context.sites))
    since, until = between
    longest = MAX_RANGE if {Dimension.LOCATION, Dimension.DEVICE, Dimension.HOUR} & set(by) else (
        MAX_ROLLED
    )  # fmt: skip
    running = (now + HOUR).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts_at, ends_at = parse_range(since, until or running, now, usual=DAY, longest=longest)
    where = BreakdownFilter(starts_at, ends_at, location, venue_type)
    asked = BreakdownQuery(where, tuple(dict.fromkeys(by)))
    if not where.is_of_whole_hours:
        _refuse_minutes(asked)
    return asked


def _refuse_minutes(asked: BreakdownQuery) -> None:
    where = asked.where
    if where.location is None:
        raise RangeError(
            f"from {where.starts_at.isoformat()} until {where.ends_at.isoformat()} are not whole "
            "hours: ask for whole hours, or for one `location`"
        )
    if where.ends_at - where.starts_at > MAX_BY_MINUTE:
        raise RangeError(
            "more than a day to the minute: ask for whole hours, or for a shorter time"
        )


async def _respond(request: Request, what: str, asked: BreakdownQuery, read: Read) -> Response:
    context: AppContext = get_context(request)
    now = context.clock()
    key = (what, asked, context.sites, int(now.timestamp()))
    answer = context.response_cache.get(key)
    if answer is None:
        content = await run_in_threadpool(partial(_read, context, asked, read, now))
        answer = context.response_cache.put(key, TaggedResponse(content))
    return answer.answer(request)


def _read(context: AppContext, asked: BreakdownQuery, read: Read, now: datetime) -> bytes:
    with database.reading(context.engine) as connection:
        found = read(connection, asked, ExpectedTime(context.sites, asked.where, now))
    where = asked.where
    head = {"by": asked.by, "starts_at": where.starts_at, "ends_at": where.ends_at}
    return msgspec.json.encode({**head, "asked_at": now, **found})


def _cells(
    connection: Connection, asked: BreakdownQuery, expectation: ExpectedTime
) -> dict[str, Any]:
    if asked.is_rolled:
        groups = venue_breakdown(connection, asked.where, asked.by, sums=SUMS)
        cells = [_cell(one.key, one.tally, asked, expectation) for one in groups]
        return {"cells": cells, "next": None}
    where, further = asked.where, None
    if where.location is None:
        where, further = _page(connection, asked)
    found = breakdown(connection, where, asked.by, sums=SUMS)
    beside = unexpected_ms(connection, where, asked.by, expectation)
    return {
        "cells": [
            _cell(one.key, one.audience.tally, asked, expectation,
                  cameras=one.audience.cameras, beside_ms=beside.get(group_key(one.key), 0))
            for one in found
        ],
        "next": further,
    }  # fmt: skip


def _page(connection: Connection, asked: BreakdownQuery) -> tuple[BreakdownFilter, str | None]:
    where, most = asked.where, asked.places_in_a_page
    found = locations_with_reports(
        connection, venue_type=where.venue_type, after=asked.after, most=most + 1
    )
    page = BreakdownFilter(where.starts_at, where.ends_at, locations=tuple(found[:most]))
    return page, found[most - 1] if len(found) > most else None


def _cell(
    key: Any,
    tally: AudienceSums,
    asked: BreakdownQuery,
    expectation: ExpectedTime,
    *,
    cameras: int | None = None,
    beside_ms: int = 0,
) -> dict[str, Any]:
    starts_at, ends_at = cell_interval(key, asked.where)
    expected_ms = expectation.expected_ms(key, starts_at, ends_at)
    whole_ms = expected_ms + beside_ms
    return {
        "location": key.get(Dimension.LOCATION, asked.where.location),
        "venue_type": key.get(Dimension.VENUE_TYPE, asked.where.venue_type),
        "device": key.get(Dimension.DEVICE),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "cameras": cameras,
        "reported_s": tally.interval_ms / 1000,
        "observed_s": tally.observed_ms / 1000,
        "expected_s": expected_ms / 1000,
        "observed_share": round(min(1.0, tally.observed_ms / whole_ms), 4) if whole_ms else None,
        "is_listed": expectation.is_listed(key),
        **describe_figures(Audience("", starts_at, ends_at, 0, tally)),
    }


def _groups(connection: Connection, asked: BreakdownQuery, _: ExpectedTime) -> dict[str, Any]:
    read = venue_demographic_groups if asked.is_rolled else demographics
    return {"groups": [_group(one, asked) for one in read(connection, asked.where, asked.by)]}


def _group(group: DemographicGroup, asked: BreakdownQuery) -> dict[str, Any]:
    starts_at, ends_at = cell_interval(group.key, asked.where)
    return {
        "location": asked.where.location,
        "venue_type": group.key.get(Dimension.VENUE_TYPE, asked.where.venue_type),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "age": group.age,
        "gender": group.gender,
        "visits": group.visits,
        "onlookers": group.onlookers,
    }
