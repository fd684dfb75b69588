"""`GET /api/revenue`: what sold slots brought against what the base rate would have brought.

An hour without a report of a camera is unobserved: a figure of its own, never
counted as empty.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.audience import RangeError
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.booking.slots import HOUR_S
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.screen_hours import read_observed_hours
from cloud.sales.revenue import (
    LEAST_DAYS,
    LEVEL,
    RESAMPLES,
    HourBasis,
    RevenueHour,
    RevenueReport,
    RevenueSum,
    compute_reports,
)
from cloud.sales.sold_slots import SoldSlot, read_sold_slots
from cloud.sites.site_model import Site

MAX_DAYS: Final = 400
MAX_LOCATION_DAYS: Final = 10_000
"""Days of all locations together, so that the sold hours of one answer are limited."""
DEFAULT_DAYS: Final = 28
DAY: Final = timedelta(days=1)
FARTHEST_DAYS: Final = 10_000
"""From today: nothing was sold earlier, and days may be added to a date of these years."""
METHOD: Final = (
    f"bootstrap over days, {RESAMPLES:,} resamples with a fixed seed; all locations of a day are "
    "drawn together"
)
CAVEAT: Final = (
    "The uplift compares prices of the same sold slots. It is an association, not an experiment: "
    "it does not show what would have been sold at fixed prices. The base rates are those of the "
    "present sites file."
)

FirstOn = Annotated[
    date | None, Query(alias="from", description="default: 28 days before `until`, or fewer")
]
UntilOn = Annotated[
    date | None, Query(alias="until", description="not included; default: tomorrow")
]

router = APIRouter(tags=["revenue"], dependencies=[allow_roles(Role.SALES, Role.FINANCE)])


class RevenueSums(BaseModel):
    """Sums over sold slots, after discounts, without VAT and without make-goods."""

    slots: int
    positions: int = Field(description="position hours")
    actual_minor: int
    fixed_minor: int = Field(description="the same positions at the base rate")
    uplift: float | None = Field(examples=[0.18], description="null: nothing was sold")


class UpliftIntervalResponse(BaseModel):
    """How the uplift varies between days."""

    low: float
    high: float
    level: float = Field(examples=[0.95])
    method: str


class BasisRevenue(RevenueSums):
    """Sold slots by what is known of their audience."""

    basis: HourBasis


class LocationRevenue(RevenueSums):
    """Sold slots of one location."""

    location: str = Field(examples=["KX-01"])
    name: str


class DayRevenue(RevenueSums):
    """Sold slots of one local day."""

    day: date


class CurrencyRevenue(RevenueSums):
    """Sold slots of one currency."""

    currency: str = Field(examples=["GBP"])
    interval: UpliftIntervalResponse | None = Field(
        description=f"null: fewer than {LEAST_DAYS} days with sales"
    )
    by_basis: list[BasisRevenue]
    by_location: list[LocationRevenue]
    by_day: list[DayRevenue]


class RevenueResponse(BaseModel):
    """Revenue against fixed pricing."""

    first_on: date = Field(serialization_alias="from")
    until_on: date = Field(serialization_alias="until", description="not included")
    currencies: list[CurrencyRevenue]
    unknown_locations: list[str] = Field(
        description="that the sites file no longer has: their sales are left out, since their base "
        "rate is not known"
    )
    caveat: str


@router.get("/api/revenue", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def get_revenue(
    request: Request,
    first_on: FirstOn = None,
    until_on: UntilOn = None,
    location: Annotated[str | None, Query(max_length=63)] = None,
) -> RevenueResponse:
    """Compare the revenue of sold slots with fixed pricing, by location and local day.

    The days times the locations are at most 10,000: all locations, or the one of `location`.
    """
    context: AppContext = get_context(request)
    now = context.clock()
    only = None if location is None else context.sites.location(location).id
    count = len(context.sites) if only is None else 1
    first_on, until_on = require_period(first_on, until_on, now.date(), count)

    def read(connection: Connection) -> RevenueResponse:
        sold = _read_sold(connection, context, first_on, until_on, only)
        names = sorted({one.location for one in sold} - {site.id for site in context.sites})
        hours = _list_hours(connection, context, sold, (first_on, until_on), now)
        return RevenueResponse(
            first_on=first_on,
            until_on=until_on,
            currencies=[_describe(context, one) for one in compute_reports(hours)],
            unknown_locations=names,
            caveat=CAVEAT,
        )

    return await read_database(request, read)


def require_period(
    first_on: date | None, until_on: date | None, today: date, locations: int
) -> tuple[date, date]:
    """The asked days with their defaults; raises RangeError for too many."""
    most = max(1, MAX_LOCATION_DAYS // max(1, locations))
    until_on = until_on or today + DAY
    if abs((until_on - today).days) > FARTHEST_DAYS:
        raise RangeError(f"`until` is {until_on}: ask within {FARTHEST_DAYS} days of {today}")
    first_on = first_on or until_on - min(DEFAULT_DAYS, most) * DAY
    if not 0 < (until_on - first_on).days <= MAX_DAYS:
        raise RangeError(
            f"`from` is {first_on}, `until` is {until_on}: ask for 1 to {MAX_DAYS} days"
        )
    if (until_on - first_on).days > most:
        raise RangeError(
            f"{(until_on - first_on).days} days of {locations} locations: ask for at most {most} "
            "days, or for one `location`"
        )
    return first_on, until_on


def _read_sold(
    connection: Connection, context: AppContext, first_on: date, until_on: date, only: str | None
) -> list[SoldSlot]:
    """Sold slots of a day more on both sides, since the clocks of the sites differ."""
    since, until = (datetime.combine(day, time(), UTC) for day in (first_on - DAY, until_on + DAY))
    every = read_sold_slots(connection, context.sites, since, until)
    return [one for one in every if only is None or one.location == only]


def _list_hours(
    connection: Connection,
    context: AppContext,
    sold: Iterable[SoldSlot],
    days: tuple[date, date],
    now: datetime,
) -> Iterator[RevenueHour]:
    known: dict[str, Site] = {site.id: site for site in context.sites}
    slots = [one for one in sold if one.location in known]
    observed = _read_observed(connection, slots)
    for one in slots:
        site = known[one.location]
        day = datetime.fromtimestamp(one.starts_at_s, site.zone).date()
        if days[0] <= day < days[1]:
            yield RevenueHour(
                location=site.id, day=day, basis=_find_basis(one, observed, now),
                currency=one.currency, positions=one.positions, actual_minor=one.total_minor,
                fixed_minor=one.positions * site.base_rate_minor,
            )  # fmt: skip


def _read_observed(connection: Connection, slots: list[SoldSlot]) -> set[HourKey]:
    if not slots:
        return set()
    starts = [one.starts_at_s for one in slots]
    names = {one.location for one in slots}
    return read_observed_hours(connection, names, min(starts) - HOUR_S, max(starts) + HOUR_S)


def _find_basis(one: SoldSlot, observed: set[HourKey], now: datetime) -> HourBasis:
    if one.starts_at_s + HOUR_S > now.timestamp():
        return HourBasis.UPCOMING
    hour = HourKey(one.location, one.starts_at_s // HOUR_S * HOUR_S)
    return HourBasis.OBSERVED if hour in observed else HourBasis.UNOBSERVED


def _describe(context: AppContext, report: RevenueReport) -> CurrencyRevenue:
    found = report.interval
    return CurrencyRevenue(
        currency=report.currency,
        **_sums(report.whole),
        interval=None
        if found is None
        else UpliftIntervalResponse(low=found.low, high=found.high, level=LEVEL, method=METHOD),
        by_basis=[BasisRevenue(basis=one, **_sums(some)) for one, some in report.by_basis.items()],
        by_location=[
            LocationRevenue(location=one, name=context.sites.location(one).name, **_sums(some))
            for one, some in report.by_location.items()
        ],
        by_day=[DayRevenue(day=one, **_sums(some)) for one, some in report.by_day.items()],
    )


def _sums(some: RevenueSum) -> dict[str, Any]:
    return {name: getattr(some, name) for name in RevenueSums.model_fields}
