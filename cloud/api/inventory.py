"""`GET /api/inventory`: one hour of every screen as OpenRTB 2.6 describes a DOOH placement.

Screens are asked for by their OpenOOH 1.2 venue, by the 1.1 id that is sent, or by a broader one.
A screen that cannot be answered for (its clock lacks or doubles the hour, its forecast cannot be
made) is left out by name, and the others are answered. An hour that has begun or is sold out is
shown without an `imp`, and `ext` says why. `imp.pmp` has the deals of the buyer's account: lines
that it booked in the hour, its own price, and private deals. Fields: `cloud/pricing/inventory.py`.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import RangeError
from cloud.api.pricing import require_near, slot_availability
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import forecast_all
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.site_selection import OmittedLocation, run_isolated, select_by_venue
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.pricing.availability import has_begun
from cloud.pricing.inventory import Element, build_inventory_element
from cloud.pricing.quote import quote
from cloud.pricing.slot import NoSuchHour, Slot, parse_slot
from cloud.sites.site_model import Site
from cloud.trade.account_deals import (
    BookedPrices,
    list_deals,
    read_booked_prices,
    read_open_deals,
)
from cloud.trade.deals.deal import PrivateDeal
from wire.scalars import LocationId

MAX_PAGE: Final = 200
Found = Sequence[tuple[Site, CachedForecast]]
Hours = dict[str, Slot | str]
"""By time zone: the slot, or why the zone has none."""

router = APIRouter(tags=["inventory"], dependencies=[allow_roles(*BUYER_ROLES)])


class Inventory(BaseModel):
    """One page of screens: each element holds the `dooh`, `device` and `imp` objects."""

    time_slot: str = Field(examples=["2030-01-07T08:00"])
    total: int = Field(examples=[8], description="requested screens on all pages")
    screens: list[dict[str, Any]]
    left_out: list[OmittedLocation] = Field(
        description="screens of this page that have no such hour"
    )


@router.get(
    "/api/inventory",
    response_model=Inventory,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_inventory(
    request: Request,
    buyer: BuyerOf,
    time_slot: Annotated[str, Query(examples=["2030-01-07T08:00"], max_length=60)],
    location: Annotated[list[str] | None, Query(max_length=MAX_PAGE)] = None,
    venue: Annotated[
        list[str] | None,
        Query(description="OpenOOH ids: those of 1.2, those that are sent (1.1), or broader ones",
              max_length=50),
    ] = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Response:  # fmt: skip
    """List the screens for sale in one hour, as OpenRTB 2.6 objects."""
    context: AppContext = get_context(request)
    chosen = [context.sites.location(one) for one in location] if location else list(context.sites)
    sites = select_by_venue(chosen, venue) if venue else chosen
    asked = _InventoryPage(context, buyer, time_slot, len(sites), sites[offset : offset + limit])
    asked.find_hours(_hours(context, sites, time_slot))
    if buyer.account is not None:
        await run_in_threadpool(asked.find_agreements)
    made, failed = await forecast_all(context, asked.sites_with_the_hour)
    answer = None if failed else context.response_cache.get(asked.key(made))
    if answer is None:
        page = await run_in_threadpool(asked.written, made, failed)
        answer = TaggedResponse(page.model_dump_json().encode())
        if len(page.screens) == len(asked.sites_with_the_hour):
            context.response_cache.put(asked.key(made), answer)
    return answer.answer(request)


class _InventoryPage:
    """One page of screens at one hour for one buyer."""

    def __init__(
        self, context: AppContext, buyer: Buyer, time_slot: str, total: int, sites: Sequence[Site]
    ) -> None:
        self._context = context
        self._buyer = buyer
        self._time_slot = time_slot
        self._total = total
        self._sites = sites
        self._slots: dict[LocationId, Slot] = {}
        self._without: list[OmittedLocation] = []
        self._booked: BookedPrices = {}
        self._private: Mapping[str, tuple[PrivateDeal, ...]] = {}

    def find_agreements(self) -> None:
        """Read the lines and the private deals of the buyer in these hours."""
        account = self._buyer.account
        assert account is not None
        with database.reading(self._context.engine) as connection:
            self._booked = read_booked_prices(connection, self._context.sites, account, self._slots)
            self._private = read_open_deals(connection, account, self._slots)

    def find_hours(self, hours: Hours) -> None:
        """Separate the screens whose time zone has the hour from the others."""
        for site in self._sites:
            hour = hours[site.timezone]
            if isinstance(hour, str):
                self._without.append(OmittedLocation(location=site.id, reason=hour))
            else:
                self._slots[site.id] = hour

    @property
    def sites_with_the_hour(self) -> list[Site]:
        """The screens that can be quoted."""
        return [site for site in self._sites if site.id in self._slots]

    def key(self, made: Found) -> Hashable:
        """The cache key, with everything that the page depends on."""
        now, account = self._context.clock(), self._buyer.account
        inputs = (
            (
                known.at,
                known.book.count_taken(self._slots[site.id]),
                has_begun(self._slots[site.id], now),
                account if known.book.has_deals(account) else None,
                self._booked.get(site.id),
                self._private.get(site.id),
            )
            for site, known in made
        )
        names = tuple(site.id for site in self._sites)
        return self._context.key("inventory", self._time_slot, self._total, names, *inputs)

    def written(self, made: Found, failed: Sequence[OmittedLocation]) -> Inventory:
        """The answer; a screen that cannot be quoted is omitted like those without the hour."""
        forecasts = {site.id: known for site, known in made}
        found = [
            run_isolated(site, lambda site: self._screen(site, forecasts[site.id]))
            for site, _ in made
        ]
        faulty = [one for one in found if isinstance(one, OmittedLocation)]
        return Inventory(
            time_slot=self._time_slot,
            total=self._total,
            screens=[one for one in found if not isinstance(one, OmittedLocation)],
            left_out=[*self._without, *failed, *faulty],
        )

    def _screen(self, site: Site, made: CachedForecast) -> Element:
        context, slot = self._context, self._slots[site.id]
        hour_forecast = made.forecast.hour_forecast(slot.starts_at)
        market = made.book.market(slot, self._buyer.account)
        price_minor = quote(site, slot, hour_forecast, context.card, market).price_minor
        on_sale = slot_availability(context, site, slot, market)
        positions = site.loop.positions if on_sale.free is None else on_sale.free
        free = positions if on_sale.is_for_sale else 0
        rungs = made.plays.ladder(hour_forecast)
        stated = {**asdict(on_sale), "sentence": on_sale.sentence}
        spot, booked = made.plays.spot, self._booked.get(site.id, ())
        private = self._private.get(site.id, ())
        deals = list_deals(site, spot, rungs, market, price_minor, booked, private)
        return {
            **build_inventory_element(site, slot, spot, price_minor, rungs, free, deals),
            "ext": {"onlooker": {"availability": stated}},
        }


def _hours(context: AppContext, sites: Iterable[Site], time_slot: str) -> Hours:
    """The hour in every time zone; raises NoSuchHour or RangeError where none has it."""
    zones: dict[str, ZoneInfo] = {site.timezone: site.zone for site in sites}
    hours: Hours = {}
    refused: NoSuchHour | RangeError | None = None
    for clock, zone in zones.items():
        try:
            slot = parse_slot(time_slot, zone)
            require_near(slot, context.clock())
            hours[clock] = slot
        except (NoSuchHour, RangeError) as error:
            hours[clock] = str(error)
            refused = error
    if refused is not None and not any(isinstance(one, Slot) for one in hours.values()):
        raise refused
    return hours
