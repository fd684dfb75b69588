"""`/api/alerts`: alerts, their notifications, and who acknowledged or closed them.

An open alert has no end yet. `before` names the last alert of the page before, so alerts that are
raised meanwhile do not shift the pages. The operations role acknowledges and closes alerts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.alerting import actions
from cloud.alerting.actions import OperatorAction
from cloud.alerting.changes import RecordedChange
from cloud.alerting.history import (
    AlertSearch,
    alert_kind_prefix,
    find_alerts,
    read_alert,
    read_changes,
    read_notifications,
)
from cloud.alerting.message import severity
from cloud.alerting.mutes import AlertMute, find_muted_until, read_active_mutes
from cloud.alerting.rules import Severity
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles, caller_name
from cloud.auth.keys import Role
from cloud.windows.query import WindowError
from wire.scalars import NAME

MAX_PAGE: Final = 500
MAX_NUMBER: Final = 2**63 - 1
INTERNAL: Final = frozenset({"clearing_since_at"})

router = APIRouter(tags=["alerts"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])
LocationName = Annotated[str, Field(pattern=NAME.removesuffix(r"(?!\n)"), max_length=63)]
KindName = Annotated[str, AfterValidator(alert_kind_prefix)]
Answer = TypeVar("Answer")


class AlertResponse(BaseModel):
    """One alert, raised once; `cleared_at` is null while it is open."""

    id: int = Field(examples=[17])
    kind: str = Field(examples=["camera.unobserved"])
    location: str = Field(examples=["KX-01"], description="empty: all locations")
    device: str | None = Field(examples=["kx-01-cam-1"], description="null: the whole location")
    severity: Severity
    state: Literal["open", "cleared"]
    raised_at: datetime
    cleared_at: datetime | None
    last_held_at: datetime = Field(description="when its condition last held")
    value: float = Field(examples=[0.83], description="the measured value, in the unit of its kind")
    message: str = Field(examples=["83% of its last ten minutes blind, most of it dark"])
    acknowledged_at: datetime | None = Field(description="from then on it sends no notifications")
    acknowledged_by: str | None
    acknowledged_note: str | None
    closed_by: str | None = Field(description="null while open, and when its condition ended")
    close_reason: str | None = Field(examples=["camera kx-01-cam-2 is no longer listed at KX-01"])


class ListedAlert(AlertResponse):
    """One alert, and whether it is muted."""

    muted_until: datetime | None = Field(
        description="while it is open: when the last of the mutes that match it ends"
    )


class AlertsResponse(BaseModel):
    """One page, the latest first."""

    alerts: list[ListedAlert]
    next: int | None = Field(description="`before` of the next page; null on the last")


class NotificationResponse(BaseModel):
    """One notification of an alert with its recipient, times and result."""

    recipient: str = Field(examples=["operations"])
    change: Literal["raised", "cleared"]
    state: Literal["pending", "sent", "withdrawn", "given_up"]
    due_at: datetime = Field(description="when it is attempted, or was due last")
    sent_at: datetime | None = Field(description="null: not delivered")
    attempts: int
    failure: str | None = Field(examples=["mail: connection refused"])


class AlertChangeResponse(BaseModel):
    """What happened to an alert, and when."""

    change: RecordedChange
    changed_at: datetime
    value: float = Field(description="of the measure, in the unit of the kind")


class AlertDetail(ListedAlert):
    """One alert with its changes and notifications."""

    changes: list[AlertChangeResponse] = Field(description="the oldest first; kept for 90 days")
    notifications: list[NotificationResponse]


@router.get("/api/alerts", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def list_alerts(
    request: Request,
    location: Annotated[list[LocationName] | None, Query(max_length=100)] = None,
    device: Annotated[list[LocationName] | None, Query(max_length=100)] = None,
    kind: Annotated[
        list[KindName] | None,
        Query(max_length=20, examples=[["camera."]], description="kinds or their beginnings"),
    ] = None,
    state: Annotated[Literal["open", "cleared"] | None, Query()] = None,
    since: Annotated[
        AwareDatetime | None,
        Query(alias="from", description="without those that ended before"),
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(description="without those raised then or later")
    ] = None,
    before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> AlertsResponse:
    """List the alerts that were open at some moment of the period, page by page."""
    if since is not None and until is not None and until <= since:
        raise WindowError(f"`until` is {until.isoformat()}: ask for a moment after `from`")
    is_open = None if state is None else state == "open"
    search = AlertSearch(
        since, until, tuple(location or ()), tuple(device or ()), tuple(kind or ()), is_open
    )
    now = get_context(request).clock()

    def page(connection: Connection) -> AlertsResponse:
        found = find_alerts(connection, search, before_number=before, most=limit + 1)
        shown, mutes = found[:limit], read_active_mutes(connection, now)
        return AlertsResponse(
            alerts=[ListedAlert(**_describe_with_mutes(one, mutes)) for one in shown],
            next=shown[-1].id if len(found) > limit else None,
        )

    return await read_database(request, page)


@router.get("/api/alerts/{alert}", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_alert(
    request: Request, number: Annotated[int, Path(alias="alert", ge=1, le=MAX_NUMBER)]
) -> AlertDetail:
    """Show one alert with its notifications."""
    now = get_context(request).clock()
    return await read_database(request, partial(_in_full, number=number, now=now))


class AcknowledgeRequest(BaseModel):
    """A note, such as the reason or who is on the way."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=actions.LONGEST_NOTE, examples=["technician on site at 14:00"])


class CloseRequest(BaseModel):
    """Why the alert is over."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=actions.LONGEST_NOTE, examples=["camera taken down for repair"]
    )


@router.post(
    "/api/alerts/{alert}/acknowledge",
    dependencies=[allow_roles(Role.OPERATIONS)],
    responses=problem_responses(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def acknowledge_alert(
    request: Request,
    number: Annotated[int, Path(alias="alert", ge=1, le=MAX_NUMBER)],
    asked: AcknowledgeRequest,
) -> AlertDetail:
    """Acknowledge an open alert: it sends no further notification. The audit log has the caller."""
    return await _act(request, number, asked.note, actions.acknowledge)


@router.post(
    "/api/alerts/{alert}/close",
    dependencies=[allow_roles(Role.OPERATIONS)],
    responses=problem_responses(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def close_alert(
    request: Request,
    number: Annotated[int, Path(alias="alert", ge=1, le=MAX_NUMBER)],
    asked: CloseRequest,
) -> AlertDetail:
    """End an open alert by hand; it is not raised again before its condition has ended once."""
    return await _act(request, number, asked.reason, actions.close)


def describe_alert(row: Row[Any]) -> dict[str, Any]:
    """A row of `alerts` as the API writes it."""
    plain = {name: value for name, value in row._mapping.items() if name not in INTERNAL}
    state = "open" if row.cleared_at is None else "cleared"
    device = row.device or None
    return {**plain, "device": device, "state": state, "severity": str(severity(row.kind))}


def _describe_with_mutes(row: Row[Any], mutes: Sequence[AlertMute]) -> dict[str, Any]:
    is_open = row.cleared_at is None
    until = find_muted_until(mutes, row.kind, row.location, row.device) if is_open else None
    return {**describe_alert(row), "muted_until": until}


def _in_full(connection: Connection, number: int, now: datetime) -> AlertDetail:
    mutes = read_active_mutes(connection, now)
    found = _describe_with_mutes(read_alert(connection, number), mutes)
    changes = read_changes(connection, number)
    rows = read_notifications(connection, number)
    return AlertDetail(
        **found,
        changes=[AlertChangeResponse(**row._mapping) for row in changes],
        notifications=[NotificationResponse(**row._mapping) for row in rows],
    )


async def _act(
    request: Request, number: int, note: str, act: Callable[[Connection, int, OperatorAction], Any]
) -> AlertDetail:
    context: AppContext = get_context(request)
    wanted = OperatorAction(f"api:{caller_name(request)}", context.clock(), note)

    def change() -> AlertDetail:
        with database.writing(context.engine) as connection:
            act(connection, number, wanted)
            return _in_full(connection, number, wanted.at)

    return await run_in_threadpool(change)
