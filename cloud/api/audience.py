"""`GET /api/audience/{location}`: what was measured, window by window.

Hard truth: a window without reports is absent and a figure that nobody could see is null; neither
is ever written as zero. Windows open every five minutes, so the longer ones overlap.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection, func, select
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.access import opened_to
from cloud.api.desk import Desk
from cloud.api.in_force import desk_of
from cloud.api.keys import Role
from cloud.api.problem import REFUSALS, documented
from cloud.api.tag import NOT_MODIFIED, Tagged
from cloud.estate import Site
from cloud.windows.audience import Audience, Tally
from cloud.windows.query import WindowName, windows

LONGEST: Final = timedelta(days=7)
USUAL: Final = timedelta(hours=1)
EARLIEST_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)

router = APIRouter(tags=["audience"], dependencies=[opened_to(Role.SALES, Role.OPERATIONS)])
LocationName = Annotated[str, Path(examples=["KX-01"], max_length=63)]


class RangeError(ValueError):
    """A stretch of time that is not served."""


class Bands(BaseModel):
    """Everybody's time in view by how probable it was that they looked."""

    high_s: float = Field(examples=[38.1], description="probability above 0.90")
    medium_s: float = Field(examples=[14.0], description="0.70 to 0.90")
    low_s: float = Field(examples=[1240.9], description="below 0.70")
    untold_s: float = Field(examples=[0.0], description="of agents that do not tell bands")


class Figures(BaseModel):
    """Sums and the figures made of them. A figure is null where nothing was observed."""

    blind_s: dict[str, float] = Field(examples=[{"dark": 4.0}])
    crowd: float | None = Field(examples=[6.2], description="people in view, on average")
    peak: int = Field(examples=[14])
    entries: int = Field(examples=[93])
    visits: int = Field(examples=[91], description="visits that ended in the window")
    onlookers: int = Field(examples=[17], description="ended visits that really looked")
    attention_rate: float | None = Field(examples=[0.187], description="onlookers / visits")
    looking_s: float = Field(examples=[52.4], description="everybody's looking time")
    bands: Bands | None = Field(description="null where no camera told them")
    dwell_mean_s: float | None = Field(examples=[12.1])
    dwell_p50_s: float | None = Field(examples=[8.0])
    dwell_p90_s: float | None = Field(examples=[31.0])


class WindowAnswer(Figures):
    """One window, half-open."""

    starts_at: datetime = Field(examples=["2026-11-23T08:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T08:05:00Z"])
    complete: bool = Field(description="the window has ended; late reports may still change it")
    cameras: int = Field(examples=[1])
    observed_share: float = Field(examples=[0.98], description="of the window, per camera")


class AudienceAnswer(BaseModel):
    """The windows of one location that open in [from, until)."""

    location: str = Field(examples=["KX-01"])
    window: WindowName
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    reported_until: datetime | None = Field(
        description="end of the newest minute that a report covers; null: none there yet"
    )
    windows: list[WindowAnswer]


@router.get(
    "/api/audience/{location}",
    response_model=AudienceAnswer,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def audience(
    request: Request,
    location: LocationName,
    window: WindowName = "5m",
    since: Annotated[
        AwareDatetime | None,
        Query(alias="from", examples=["2026-11-23T08:00:00Z"], description="default: an hour ago"),
    ] = None,
    until: Annotated[
        AwareDatetime | None,
        Query(examples=["2026-11-23T09:00:00Z"], description="default: now"),
    ] = None,
) -> Response:
    """Read the windows that open from `from` to before `until`, at most seven days of them."""
    desk: Desk = desk_of(request)
    site = desk.estate.location(location)
    now = desk.clock()
    starts_at, ends_at = stretch(since, until, now)
    # A wall of dashboards asks the database once a second, whoever looks at it.
    key = ("audience", site.id, window, since, until, int(now.timestamp()))
    answer = desk.answers.recall(key)
    if answer is None:
        read = partial(_read, desk, site, window, (starts_at, ends_at), now)
        answer = desk.answers.keep(key, Tagged(await run_in_threadpool(read)))
    return answer.answer(request)


def _read(
    desk: Desk, site: Site, window: WindowName, stretch: tuple[datetime, datetime], now: datetime
) -> bytes:
    starts_at, ends_at = stretch
    with database.reading(desk.engine) as connection:
        found = windows(connection, site.id, window=window, starts_at=starts_at, ends_at=ends_at)
        newest = _reported_until(connection, site.id)
    answer = AudienceAnswer(
        location=site.id,
        window=window,
        starts_at=starts_at,
        ends_at=ends_at,
        asked_at=now,
        reported_until=newest,
        windows=[described(one, now) for one in found],
    )
    return answer.model_dump_json().encode()


def _reported_until(connection: Connection, location: str) -> datetime | None:
    minutes = database.minute_tallies.c
    newest = select(func.max(minutes.minute_at)).where(minutes.location == location)
    found: int | None = connection.execute(newest).scalar_one()
    return None if found is None else database.EPOCH + timedelta(seconds=found + 60)


def stretch(
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    *,
    usual: timedelta = USUAL,
    longest: timedelta = LONGEST,
) -> tuple[datetime, datetime]:
    """The stretch that is meant, or RangeError."""
    for name, instant in (("from", since), ("until", until)):
        if instant is not None and not EARLIEST_AT <= instant <= now + AHEAD:
            raise RangeError(
                f"`{name}` is {instant.isoformat()}: ask between {EARLIEST_AT.date()} and tomorrow"
            )
    ends_at = (until or now).astimezone(UTC)
    starts_at = (since or ends_at - usual).astimezone(UTC)
    if ends_at <= starts_at:
        raise RangeError(
            f"until {ends_at.isoformat()} is not after from {starts_at.isoformat()}: ask for a "
            "later end"
        )
    if ends_at - starts_at > longest:
        raise RangeError(
            f"from {starts_at.isoformat()} until {ends_at.isoformat()} is "
            f"{ends_at - starts_at}: ask for at most {longest.days} days"
        )
    return starts_at, ends_at


def described(found: Audience, now: datetime) -> WindowAnswer:
    """A window in the words of the API."""
    return WindowAnswer(
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        complete=found.ends_at <= now,
        cameras=found.cameras,
        observed_share=round(found.observed_share, 4),
        **figures(found),
    )


def figures(found: Audience) -> dict[str, Any]:
    """The values of `Figures`."""
    tally = found.tally
    return {
        "blind_s": {str(cause): ms / 1000 for cause, ms in tally.blind_ms.items() if ms},
        "crowd": _rounded(found.crowd),
        "peak": tally.peak,
        "entries": tally.entries,
        "visits": tally.visits,
        "onlookers": tally.onlookers,
        "attention_rate": _rounded(found.attention_rate),
        "looking_s": tally.looking_ms / 1000,
        "bands": _bands(tally),
        "dwell_mean_s": _seconds(found.dwell_mean_ms),
        "dwell_p50_s": _seconds(found.dwell_quantile_ms(0.5)),
        "dwell_p90_s": _seconds(found.dwell_quantile_ms(0.9)),
    }


def _bands(tally: Tally) -> dict[str, float] | None:
    if not tally.banded_reports:
        return None
    told_ms = tally.band_high_ms, tally.band_medium_ms, tally.band_low_ms
    high, medium, low, untold = (ms / 1000 for ms in (*told_ms, tally.person_ms - sum(told_ms)))
    return {"high_s": high, "medium_s": medium, "low_s": low, "untold_s": untold}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _seconds(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms / 1000, 3)
