"""`GET /api/audience/{location}`: the measured audience by window.

A window without reports is absent and a figure that was not observed is null; neither is written
as zero. Consecutive windows may be summed; with a `step` shorter than the window they overlap, and
`additive` is false.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection, func, select
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.sites.site_model import Site
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.expected_cameras import ExpectedCameras
from cloud.windows.query import LENGTHS, WindowName, windows

MAX_RANGE: Final = timedelta(days=7)
DEFAULT_RANGE: Final = timedelta(hours=1)
EARLIEST_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
MAX_AHEAD: Final = timedelta(days=1)

router = APIRouter(tags=["audience"], dependencies=[allow_roles(Role.SALES, Role.OPERATIONS)])
LocationName = Annotated[str, Path(examples=["KX-01"], max_length=63)]


Count = TypeVar("Count", int, float)


class RangeError(ValueError):
    """An interval that is not served."""


class Bands(BaseModel):
    """The time in view of all people by the probability that they looked."""

    high_s: float = Field(examples=[38.1], description="probability above 0.90")
    medium_s: float = Field(examples=[14.0], description="0.70 to 0.90")
    low_s: float = Field(examples=[1240.9], description="below 0.70")
    unobserved_s: float = Field(
        examples=[0.0], description="of cameras whose agent does not report bands"
    )


class Figures(BaseModel):
    """Sums and figures computed from them; all are null where nothing was observed."""

    blind_s: dict[str, float] = Field(examples=[{"dark": 4.0}])
    crowd: float | None = Field(examples=[6.2], description="people in view, on average")
    peak: int | None = Field(examples=[14])
    entries: int | None = Field(examples=[93])
    visits: int | None = Field(examples=[91], description="visits that ended in the window")
    onlookers: int | None = Field(examples=[17], description="viewers: ended visits that looked")
    attention_rate: float | None = Field(examples=[0.187], description="onlookers / visits")
    attention_s: float | None = Field(
        examples=[52.4], description="attention seconds, all people together"
    )
    bands: Bands | None = Field(description="null where no camera reported bands")
    dwell_mean_s: float | None = Field(examples=[12.1])
    dwell_p50_s: float | None = Field(examples=[8.0])
    dwell_p90_s: float | None = Field(examples=[31.0])


class WindowResponse(Figures):
    """One window, half-open."""

    starts_at: datetime = Field(examples=["2026-11-23T08:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T08:05:00Z"])
    complete: bool = Field(
        description="the window has its full length and has ended; late reports may still change it"
    )
    cameras: int = Field(examples=[1], description="cameras that reported")
    expected_cameras: int = Field(examples=[1], description="cameras that the sites file expects")
    unlisted_cameras: list[str] = Field(
        description="cameras that reported and that the sites file does not list here"
    )
    observed_share: float = Field(
        examples=[0.98], description="of the window's time, over the expected cameras"
    )


class AudienceResponse(BaseModel):
    """The windows of one location within [from, until); the last is cut at `until`."""

    location: str = Field(examples=["KX-01"])
    window: WindowName
    step: WindowName = Field(description="from one opening to the next")
    additive: bool = Field(
        description="the windows do not overlap: their sums may be added up. False: they may not"
    )
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    reported_until: datetime | None = Field(
        description="end of the newest minute that a report covers; null: none there yet"
    )
    windows: list[WindowResponse]


@router.get(
    "/api/audience/{location}",
    response_model=AudienceResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_audience(
    request: Request,
    location: LocationName,
    window: WindowName = "5m",
    step: Annotated[
        WindowName | None,
        Query(description="open a window every so often; default: one after the other"),
    ] = None,
    since: Annotated[
        AwareDatetime | None,
        Query(alias="from", examples=["2026-11-23T08:00:00Z"], description="default: an hour ago"),
    ] = None,
    until: Annotated[
        AwareDatetime | None,
        Query(examples=["2026-11-23T09:00:00Z"], description="default: now"),
    ] = None,
) -> Response:
    """Read the windows from `from` until `until`, at most seven days of them."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    now = context.clock()
    starts_at, ends_at = parse_range(since, until, now)
    # Many dashboards cost one query of the database a second.
    key = ("audience", site, window, step, since, until, int(now.timestamp()))
    answer = context.response_cache.get(key)
    if answer is None:
        read = partial(_read, context, site, (window, step), (starts_at, ends_at), now)
        answer = context.response_cache.put(key, TaggedResponse(await run_in_threadpool(read)))
    return answer.answer(request)


def _read(
    context: AppContext,
    site: Site,
    lengths: tuple[WindowName, WindowName | None],
    stretch: tuple[datetime, datetime],
    now: datetime,
) -> bytes:
    (window, step), (starts_at, ends_at) = lengths, stretch
    with database.reading(context.engine) as connection:
        found = windows(
            connection,
            site.id,
            window=window,
            step=step,
            starts_at=starts_at,
            ends_at=ends_at,
            expected=ExpectedCameras.of([site]),
            now=now,
        )
        newest = _reported_until(connection, site.id)
    answer = AudienceResponse(
        location=site.id,
        window=window,
        step=step or window,
        additive=step in (None, window),
        starts_at=starts_at,
        ends_at=ends_at,
        asked_at=now,
        reported_until=newest,
        windows=[describe_window(one, LENGTHS[window], now) for one in found],
    )
    return answer.model_dump_json().encode()


def _reported_until(connection: Connection, location: str) -> datetime | None:
    minutes = database.minute_tallies.c
    newest = select(func.max(minutes.minute_at)).where(minutes.location == location)
    found: int | None = connection.execute(newest).scalar_one()
    return None if found is None else database.EPOCH + timedelta(seconds=found + 60)


def parse_range(
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    *,
    usual: timedelta = DEFAULT_RANGE,
    longest: timedelta = MAX_RANGE,
) -> tuple[datetime, datetime]:
    """The requested interval, or RangeError."""
    for name, instant in (("from", since), ("until", until)):
        if instant is not None and not EARLIEST_AT <= instant <= now + MAX_AHEAD:
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


def describe_window(found: Audience, length: timedelta, now: datetime) -> WindowResponse:
    """A window as the API writes it."""
    is_whole = found.ends_at - found.starts_at == length
    return WindowResponse(
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        complete=is_whole and found.ends_at <= now,
        **describe_coverage(found),
        **describe_figures(found),
    )


def describe_coverage(found: Audience) -> dict[str, Any]:
    """The cameras that reported, those expected, and the observed share."""
    coverage = found.coverage
    return {
        "cameras": found.cameras,
        "expected_cameras": coverage.expected if coverage else found.cameras,
        "unlisted_cameras": list(coverage.unlisted) if coverage else [],
        "observed_share": round(found.observed_share, 4),
    }


def describe_figures(found: Audience) -> dict[str, Any]:
    """The values of `Figures`."""
    tally = found.tally
    return {
        "blind_s": {str(cause): ms / 1000 for cause, ms in tally.blind_ms.items() if ms},
        "crowd": _rounded(found.crowd),
        "peak": _or_none(found, tally.peak),
        "entries": _or_none(found, tally.entries),
        "visits": _or_none(found, tally.visits),
        "onlookers": _or_none(found, tally.onlookers),
        "attention_rate": _rounded(found.attention_rate),
        "attention_s": _or_none(found, tally.looking_ms / 1000),
        "bands": _bands(tally),
        "dwell_mean_s": _seconds(found.dwell_mean_ms),
        "dwell_p50_s": _seconds(found.dwell_quantile_ms(0.5)),
        "dwell_p90_s": _seconds(found.dwell_quantile_ms(0.9)),
    }


def _or_none(found: Audience, count: Count) -> Count | None:
    """A count; null, not zero, where nothing was observed."""
    return count if found.has_data or count else None


def _bands(tally: AudienceSums) -> dict[str, float] | None:
    if not tally.banded_reports:
        return None
    told_ms = tally.band_high_ms, tally.band_medium_ms, tally.band_low_ms
    high, medium, low, unobserved = (ms / 1000 for ms in (*told_ms, tally.person_ms - sum(told_ms)))
    return {"high_s": high, "medium_s": medium, "low_s": low, "unobserved_s": unobserved}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _seconds(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms / 1000, 3)
