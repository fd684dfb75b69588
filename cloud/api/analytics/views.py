"""`/api/analytics/views`: saved views of the caller, and when one is sent by e-mail."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import Connection

from cloud.analytics.analytics_query import MAX_QUERY
from cloud.analytics.report_schedules import (
    ReportInterval,
    ReportTiming,
    read_timings,
    remove_schedule,
    set_schedule,
)
from cloud.analytics.saved_views import (
    MAX_VIEW_NAME,
    AnalyticsPage,
    SavedView,
    ViewContent,
    change_view,
    find_view,
    insert_view,
    list_views,
    remove_view,
)
from cloud.api.campaigns.callers import CallerOf
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    Idempotent,
    IdempotentRequest,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, allow_roles

LAST_WEEKDAY: Final = 7
CHANGE_REFUSALS: Final = problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503)
router = APIRouter(tags=["analytics"], dependencies=[allow_roles(*EVERYBODY)])
ViewId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class NotAUserError(ValueError):
    """A schedule for an API key, which has no e-mail address."""


class ViewToSave(BaseModel):
    """A page and its query under a name."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = Field(
        max_length=MAX_VIEW_NAME, examples=["Stations, mornings"]
    )
    page: AnalyticsPage
    query: str = Field(
        max_length=MAX_QUERY, examples=["days=28&venue_type=10503&hour_from=7&hour_until=10"],
        description="query of the page's address, without `?`",
    )  # fmt: skip
    shared: bool = Field(default=False, description="every user of the account may open it")


class ScheduleDocument(BaseModel):
    """When the view is sent to the caller, by the clock of the caller's notification settings."""

    model_config = ConfigDict(extra="forbid")

    every: ReportInterval
    day: int = Field(ge=1, le=28, description="weekly: 1 is Monday, 7 Sunday; monthly: 1 to 28")
    hour: int = Field(ge=0, le=23, default=7)

    @model_validator(mode="after")
    def _day_of_week(self) -> "ScheduleDocument":
        if self.every is ReportInterval.WEEKLY and self.day > LAST_WEEKDAY:
            raise ValueError("day of a weekly report is 1 (Monday) to 7 (Sunday)")
        return self


class SavedViewDocument(ViewToSave):
    """A saved view."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    is_own: bool = Field(description="false: another user of the account shares it")
    created_at: datetime
    changed_at: datetime
    schedule: ScheduleDocument | None = Field(description="null: it is not sent to the caller")


class SavedViewsResponse(BaseModel):
    """The views of the caller and the shared ones of the account, by name."""

    views: list[SavedViewDocument]


@router.get("/api/analytics/views", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_views(request: Request, who: CallerOf) -> SavedViewsResponse:
    """List the saved views of the caller and those that the account shares."""

    def read(connection: Connection) -> SavedViewsResponse:
        found = list_views(connection, _owner(who), who.account)
        timings = read_timings(connection, who.user) if who.user else {}
        return SavedViewsResponse(
            views=[_describe(one, who, timings.get(one.id)) for one in found]
        )  # fmt: skip

    return await read_database(request, read)


@router.post(
    "/api/analytics/views", status_code=201, response_model=SavedViewDocument,
    responses=CHANGE_REFUSALS,
)  # fmt: skip
async def post_view(
    request: Request, asked: ViewToSave, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Save a view."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        view = insert_view(connection, _content(asked), _owner(who), who.account, context.clock())
        body = _describe(view, who, None).model_dump_json().encode()
        return Reply(201, body, {"location": f"/api/analytics/views/{view.id}"})

    return await change_once(request, idempotent, change)


@router.put(
    "/api/analytics/views/{view}", response_model=SavedViewDocument, responses=CHANGE_REFUSALS
)
async def put_view(
    request: Request, view: ViewId, asked: ViewToSave, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Rename a view, share it, or replace its page and query."""
    context: AppContext = get_context(request)

    def change(connection: Connection, found: SavedView) -> Reply:
        changed = change_view(connection, found, _content(asked), _owner(who), context.clock())
        timing = read_timings(connection, who.user).get(view) if who.user else None
        return Reply(200, _describe(changed, who, timing).model_dump_json().encode())

    return await _change_found(request, idempotent, who, view, change)


@router.delete(
    "/api/analytics/views/{view}", status_code=204, response_class=Response,
    responses=CHANGE_REFUSALS,
)  # fmt: skip
async def delete_view(
    request: Request, view: ViewId, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Delete a view; nobody receives it any more."""

    def change(connection: Connection, found: SavedView) -> Reply:
        remove_view(connection, found, _owner(who))
        remove_schedule(connection, found.id)
        return Reply(204)

    return await _change_found(request, idempotent, who, view, change)


@router.put(
    "/api/analytics/views/{view}/schedule", response_model=ScheduleDocument,
    responses=CHANGE_REFUSALS,
)  # fmt: skip
async def put_schedule(
    request: Request, view: ViewId, asked: ScheduleDocument, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Send a view to the caller by e-mail, weekly or monthly."""
    context: AppContext = get_context(request)

    def change(connection: Connection, found: SavedView) -> Reply:
        if who.user is None:
            raise NotAUserError("a report is sent to a user: sign in, in place of an API key")
        timing = ReportTiming(asked.every, asked.day, asked.hour)
        set_schedule(connection, found.id, who.user, timing, context.clock())
        return Reply(200, asked.model_dump_json().encode())

    return await _change_found(request, idempotent, who, view, change)


@router.delete(
    "/api/analytics/views/{view}/schedule", status_code=204, response_class=Response,
    responses=CHANGE_REFUSALS,
)  # fmt: skip
async def delete_schedule(
    request: Request, view: ViewId, who: CallerOf, idempotent: Idempotent
) -> Response:
    """Stop sending a view to the caller."""

    def change(connection: Connection, found: SavedView) -> Reply:
        remove_schedule(connection, found.id, _owner(who))
        return Reply(204)

    return await _change_found(request, idempotent, who, view, change)


async def _change_found(
    request: Request,
    idempotent: IdempotentRequest,
    who: Caller,
    view: str,
    change: Callable[[Connection, SavedView], Reply],
) -> Response:
    """Run a change of a view that the caller may open, once."""

    def find_and_change(connection: Connection) -> Reply:
        return change(connection, find_view(connection, view, _owner(who), who.account))

    return await change_once(request, idempotent, find_and_change)


def _owner(who: Caller) -> str:
    return who.user or who.name[:120]


def _content(asked: ViewToSave) -> ViewContent:
    return ViewContent(asked.name, asked.page, asked.query, asked.shared)


def _describe(view: SavedView, who: Caller, timing: ReportTiming | None) -> SavedViewDocument:
    values = {name: getattr(view, name) for name in ViewContent.__slots__}
    schedule = None
    if timing is not None:
        schedule = ScheduleDocument(every=timing.every, day=timing.day, hour=timing.hour)
    return SavedViewDocument(
        **values, id=view.id, is_own=view.owner == _owner(who), created_at=view.created_at,
        changed_at=view.changed_at, schedule=schedule,
    )  # fmt: skip
