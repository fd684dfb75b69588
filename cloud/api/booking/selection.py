"""The slots that a buyer asks for: named one by one, or hours of some days on some screens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from cloud.api.audience import RangeError
from cloud.app.forecasts import REACH
from cloud.booking.inventory.dayparts import LOCAL, WeeklyHours
from cloud.booking.inventory.products import Product, read_daypart, read_product
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.pricing.slot import YEARS, parse_slot
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from wire.scalars import LocationId

MAX_NAMED: Final = 2_000
MAX_LOCATIONS: Final = 500
MAX_DAYS: Final = REACH.days
MAX_POSITIONS: Final = 3_600


class SlotRequest(BaseModel):
    """Positions of one slot."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(examples=["KX-01"], max_length=63)
    time_slot: str = Field(examples=["2030-01-07T08:00"], max_length=60)
    positions: int = Field(default=1, ge=1, le=MAX_POSITIONS)


class SelectionRequest(BaseModel):
    """Either `slots`, or `from` and `until` with `locations` or a `product`.

    Hours are those of the named daypart, or `hours` and `weekdays` on the clock of each screen.
    """

    model_config = ConfigDict(extra="forbid")

    slots: list[SlotRequest] | None = Field(default=None, min_length=1, max_length=MAX_NAMED)
    product: str | None = Field(default=None, max_length=63, examples=["commuters"])
    locations: list[str] | None = Field(default=None, min_length=1, max_length=MAX_LOCATIONS)
    first_on: date | None = Field(default=None, alias="from", examples=["2030-01-07"])
    until_on: date | None = Field(
        default=None, alias="until", examples=["2030-01-14"], description="not included"
    )
    daypart: str | None = Field(default=None, max_length=63, examples=["morning"])
    hours: str = Field(default="", max_length=120, examples=["7-9;16-18"])
    weekdays: list[int] = Field(
        default=[1, 2, 3, 4, 5, 6, 7], max_length=7, description="1 is Monday"
    )
    positions: int = Field(default=1, ge=1, le=MAX_POSITIONS)
    delivery: DeliveryType | None = Field(
        default=None, description="default: that of the product, or guaranteed"
    )
    categories: list[str] = Field(
        default=[], max_length=50, description="IAB categories of the creative"
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        ranged = (self.product, self.locations, self.first_on, self.until_on, self.daypart)
        if self.slots is not None:
            if any(one is not None for one in ranged):
                raise ValueError("give either `slots`, or `from`, `until` and screens")
        elif self.first_on is None or self.until_on is None:
            raise ValueError("give `slots`, or `from` and `until`")
        elif not 0 < (self.until_on - self.first_on).days <= MAX_DAYS:
            raise ValueError(f"`until` must be 1 to {MAX_DAYS} days after `from`")
        elif self.first_on.year not in YEARS or self.until_on.year not in YEARS:
            raise ValueError(f"`from` and `until` must be of the years {YEARS[0]} to {YEARS[-1]}")
        elif (self.product is None) == (self.locations is None):
            raise ValueError("give either `locations` or a `product`")
        if self.daypart is not None and self.hours:
            raise ValueError("give either a `daypart` or `hours`")
        return self


@dataclass(frozen=True, slots=True)
class SiteSelection:
    """The hours of one screen, by the second that they start, and the positions of each."""

    site: Site
    starts_s: NDArray[np.int64]
    positions: NDArray[np.int64]

    @property
    def demand(self) -> Iterator[SlotDemand]:
        """As capacity takes them."""
        pairs = zip(self.starts_s.tolist(), self.positions.tolist(), strict=True)
        return (SlotDemand(self.site.id, *pair) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Selection:
    """The slots of a request, by screen."""

    screens: tuple[SiteSelection, ...]
    delivery: DeliveryType
    categories: frozenset[str]

    @property
    def sites(self) -> list[Site]:
        """The screens."""
        return [one.site for one in self.screens]

    @property
    def demand(self) -> list[SlotDemand]:
        """Every slot."""
        return [slot for one in self.screens for slot in one.demand]


def select_slots(
    connection: Connection, sites: Sites, asked: SelectionRequest, *, most: int
) -> Selection:
    """The slots of a request, at most so many; an exclusive one has the whole loop of each.

    Raises:
        RangeError: there are none, or more.
        UnknownLocation, UnknownProduct, UnknownDaypart, SlotError, DaypartError
    """
    product = None if asked.product is None else read_product(connection, asked.product)
    delivery = asked.delivery or (product.delivery if product else DeliveryType.GUARANTEED)
    if asked.slots is None:
        found = _select_ranges(connection, sites, asked, product)
    else:
        found = _select_named(sites, asked.slots)
    count = sum(one.starts_s.size for one in found)
    least = max(1, product.min_hours if product else 1)
    if not least <= count <= most:
        raise RangeError(f"{count} slots are asked for: ask for {least} to {most} at once")
    _refuse_span(found)
    if delivery is DeliveryType.EXCLUSIVE:
        found = [_ask_for(one.site, one.starts_s, one.site.loop.positions) for one in found]
    return Selection(tuple(found), delivery, frozenset(asked.categories))


def _refuse_span(screens: Iterable[SiteSelection]) -> None:
    """Raise RangeError for slots that are too far apart: counts are read for all hours between."""
    sized = [one.starts_s for one in screens if one.starts_s.size]
    span_s = max(int(one[-1]) for one in sized) - min(int(one[0]) for one in sized)
    if span_s > REACH.total_seconds():
        raise RangeError(f"the slots are more than {REACH.days} days apart: ask for fewer days")


def _select_named(sites: Sites, slots: Iterable[SlotRequest]) -> list[SiteSelection]:
    named: dict[LocationId, list[tuple[int, int]]] = {}
    for one in slots:
        site = sites.location(one.location)
        starts_at = parse_slot(one.time_slot, site.zone).starts_at
        named.setdefault(site.id, []).append((int(starts_at.timestamp()), one.positions))
    return [
        SiteSelection(sites.location(name), *np.array(sorted(pairs), dtype=np.int64).T)
        for name, pairs in named.items()
    ]


def _select_ranges(
    connection: Connection, sites: Sites, asked: SelectionRequest, product: Product | None
) -> list[SiteSelection]:
    """Hours of some days; screens with the same clock share them."""
    assert asked.first_on is not None
    assert asked.until_on is not None
    daypart = _read_daypart(connection, asked, product)
    names = product.locations if product else asked.locations or ()
    chosen = {site.id: site for site in map(sites.location, names)}
    hours = {
        clock: np.array(
            daypart.select_hours(ZoneInfo(clock), asked.first_on, asked.until_on), dtype=np.int64
        )
        for clock in {site.timezone for site in chosen.values()}
    }
    return [_ask_for(site, hours[site.timezone], asked.positions) for site in chosen.values()]


def _ask_for(site: Site, starts_s: NDArray[np.int64], positions: int) -> SiteSelection:
    return SiteSelection(site, starts_s, np.full(starts_s.shape, positions, dtype=np.int64))


def _read_daypart(
    connection: Connection, asked: SelectionRequest, product: Product | None
) -> WeeklyHours:
    name = asked.daypart or (product.daypart if product else None)
    if name is not None:
        return read_daypart(connection, name).daypart
    return WeeklyHours(asked.hours, frozenset(asked.weekdays), LOCAL)
