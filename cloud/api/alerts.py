"""`/api/alerts`: what was the matter, when, who was told of it, and who took charge of it.

An alert that stands has no end yet. A page is asked for with the number of the last one that was
shown, so alerts that are raised meanwhile move nothing. Operations acknowledge and close them.
"""

from collections.abc import Callable
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
from cloud.alerting.history import (
    AlertSearch,
    alert_kind_prefix,
    find_alerts,
    read_alert,
    read_notifications,
)
from cloud.alerting.message import Severity, severity
from cloud.app.context import Desk
from cloud.app.problem import REFUSALS, documented
from cloud.app.rate_card_reload import desk_of
from cloud.auth.access import caller, opened_to
from cloud.auth.keys import Role
from cloud.windows.query import WindowError
from wire.scalars import NAME

MOST: Final = 500
LARGEST: Final = 2**63 - 1
INTERNAL: Final = frozenset({"clearing_since_at"})

router = APIRouter(tags=["alerts"], dependencies=[opened_to(Role.SALES, Role.OPERATIONS)])
LocationName = Annotated[str, Field(pattern=NAME.removesuffix(r"(?!\n)"), max_length=63)]
KindName = Annotated[str, AfterValidator(alert_kind_prefix)]
Answer = TypeVar("Answer")


class AlertAnswer(BaseModel):
    """One alert, raised once; `cleared_at` is null while it stands."""

    id: int = Field(examples=[17])
    kind: str = Field(examples=["camera.unobserved"])
    location: str = Field(examples=["KX-01"])
    device: str | None = Field(examples=["kx-01-cam-1"], description="null: the whole place")
    severity: Severity
    state: Literal["open", "cleared"]
    raised_at: datetime
    cleared_at: datetime | None
    last_held_at: datetime = Field(description="when it last held")
    value: float = Field(examples=[0.83], description="how bad, in the unit of its kind")
    message: str = Field(examples=["83% of its last ten minutes blind, most of it dark"])
    acknowledged_at: datetime | None = Field(description="from then on it sends no notices")
    acknowledged_by: str | None
    acknowledged_note: str | None
    closed_by: str | None = Field(description="null while open, and when its condition ended")
    close_reason: str | None = Field(examples=["camera kx-01-cam-2 is no longer listed at KX-01"])


class AlertsAnswer(BaseModel):
    """One page, the latest first."""

    alerts: list[AlertAnswer]
    next: int | None = Field(description="`before` of the next page; null on the last")


class NoticeAnswer(BaseModel):
    """Somebody who was to be told."""

    recipient: str = Field(examples=["operations"])
    change: Literal["raised", "cleared"]
    state: Literal["pending", "sent", "withdrawn", "given_up"]
    due_at: datetime = Field(description="when it is attempted, or was due last")
    sent_at: datetime | None = Field(description="null: not delivered")
    attempts: int
    failure: str | None = Field(examples=["mail: connection refused"])


class AlertInFull(AlertAnswer):
    """One alert and who was told of it."""

    notices: list[NoticeAnswer]


@router.get("/api/alerts", responses=documented(*REFUSALS, 422, 500, 503))
async def alerts(
    request: Request,
    location: Annotated[list[LocationName] | None, Query(max_length=100)] = None,
    kind: Annotated[
        list[KindName] | None,
        Query(max_length=20, examples=[["camera."]], description="kinds or their beginnings"),
    ] = None,
    state: Annotated[Literal["open", "cleared"] | None, Query()] = None,
    since: Annotated[
        AwareDatetime | None,
        Query(alias="from", description="those that ended before are left out"),
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(description="those raised then or later are left out")
    ] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    count: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> AlertsAnswer:
    """List the alerts that stood at some moment of the stretch, page by page."""
    if since is not None and until is not None and until <= since:
        raise WindowError(f"`until` is {until.isoformat()}: ask for a moment after `from`")
    is_open = None if state is None else state == "open"
    search = AlertSearch(since, until, tuple(location or ()), tuple(kind or ()), is_open)
    found = await _read(
        request, partial(find_alerts, search=search, before_number=before, most=count + 1)
    )
    shown = found[:count]
    further = shown[-1].id if len(found) > count else None
    return AlertsAnswer(alerts=[AlertAnswer(**described(one)) for one in shown], next=further)


@router.get("/api/alerts/{alert}", responses=documented(*REFUSALS, 404, 422, 500, 503))
async def one_alert(
    request: Request, number: Annotated[int, Path(alias="alert", ge=1, le=LARGEST)]
) -> AlertInFull:
    """Show one alert, and who was told of it."""
    return await _read(request, partial(_in_full, number=number))


class Acknowledgement(BaseModel):
    """Why, or who is on the way."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=actions.LONGEST_NOTE, examples=["technician on site at 14:00"])


class Closing(BaseModel):
    """Why the alert is over."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=actions.LONGEST_NOTE, examples=["camera taken down for repair"]
    )


@router.post(
    "/api/alerts/{alert}/acknowledge",
    dependencies=[opened_to(Role.OPERATIONS)],
    responses=documented(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def acknowledge(
    request: Request,
    number: Annotated[int, Path(alias="alert", ge=1, le=LARGEST)],
    asked: Acknowledgement,
) -> AlertInFull:
    """Take charge of an open alert: it sends no further notice, and the log of changes says who."""
    return await _act(request, number, asked.note, actions.acknowledge)


@router.post(
    "/api/alerts/{alert}/close",
    dependencies=[opened_to(Role.OPERATIONS)],
    responses=documented(*REFUSALS, 404, 409, 413, 422, 500, 503),
)
async def close(
    request: Request,
    number: Annotated[int, Path(alias="alert", ge=1, le=LARGEST)],
    asked: Closing,
) -> AlertInFull:
    """End an open alert by hand; it is not raised again before its condition has ended once."""
    return await _act(request, number, asked.reason, actions.close)


def described(row: Row[Any]) -> dict[str, Any]:
    """A row of `alerts` in the words of the API."""
    plain = {name: value for name, value in row._mapping.items() if name not in INTERNAL}
    state = "open" if row.cleared_at is None else "cleared"
    device = row.device or None
    return {**plain, "device": device, "state": state, "severity": str(severity(row.kind))}


def _in_full(connection: Connection, number: int) -> AlertInFull:
    found = described(read_alert(connection, number))
    notices = [NoticeAnswer(**row._mapping) for row in read_notifications(connection, number)]
    return AlertInFull(**found, notices=notices)


async def _act(
    request: Request, number: int, note: str, act: Callable[[Connection, int, OperatorAction], Any]
) -> AlertInFull:
    desk: Desk = desk_of(request)
    wanted = OperatorAction(f"api:{caller(request)}", desk.clock(), note)

    def change() -> AlertInFull:
        with database.writing(desk.engine) as connection:
            act(connection, number, wanted)
            return _in_full(connection, number)

    return await run_in_threadpool(change)


async def _read(request: Request, ask: Callable[[Connection], Answer]) -> Answer:
    desk: Desk = desk_of(request)

    def read() -> Answer:
        with database.reading(desk.engine) as connection:
            return ask(connection)

    return await run_in_threadpool(read)
