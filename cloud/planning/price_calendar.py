"""Prices of every hour of some local days of a site, all hours at once.

Each price equals the quote of its slot. An hour without an expected attention has no attention
cost, which is not zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.app.context import AppContext
from cloud.app.forecast_cache import CachedForecast
from cloud.forecast.history.hours import Measures
from cloud.pricing.availability import Availability, compute_availability
from cloud.pricing.cpm import attention_cpm
from cloud.pricing.market import Market
from cloud.pricing.price_list import price_slots
from cloud.pricing.slot import Slot, SlotColumns, build_slot_columns
from cloud.sites.site_model import Site

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
PENNY: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PriceCalendar:
    """The hours of a site: prices in minor units, and the audience as P10, P50 and P90.

    `estimated` marks hours whose forecast has no observation of that hour of the week.
    """

    site: Site
    slots: SlotColumns
    price_minor: Integers
    price_p10_minor: Integers
    price_p90_minor: Integers
    entries: Floats
    attention_s: Floats
    estimated: NDArray[np.bool_]
    on_sale: tuple[Availability, ...]

    def attention_cost(self, chosen: Sequence[int]) -> Decimal | None:
        """What 1,000 attention seconds cost during the plays of one position in these hours."""
        loop = self.site.loop
        expected_s = float(self.attention_s[1, chosen].sum())
        own_s = round(expected_s * loop.spot_s / loop.length_s, 3)
        if own_s <= 0:
            return None
        price_minor = int(self.price_minor[chosen].sum())
        amount = attention_cpm(price_minor, Decimal(repr(own_s)), self.site.currency)
        return amount.quantize(PENNY)


def compute_calendar(
    context: AppContext,
    site: Site,
    made: CachedForecast,
    slots: Sequence[Slot],
    account: str | None = None,
) -> PriceCalendar:
    """Price the slots of a site for a buyer of an account."""
    columns = build_slot_columns(slots)
    where = columns.days, columns.day, columns.hour
    expected = dict(zip(Measures._fields, made.forecast.columns(*where), strict=True))
    attention_s = expected["attention_s"]
    markets = [made.book.market(slot, account) for slot in columns.slots]
    unobserved = made.forecast.unobserved(*where)
    price = price_slots(site, columns, attention_s[1], context.card, markets, unobserved=unobserved)
    low, high = (
        price_slots(site, columns, one, context.card, markets)
        for one in (attention_s[0], attention_s[2])
    )
    is_venue = made.forecast.basis == "venue"
    return PriceCalendar(
        site=site,
        slots=columns,
        price_minor=price,
        price_p10_minor=np.minimum(low, price),
        price_p90_minor=np.maximum(high, price),
        entries=expected["entries"],
        attention_s=attention_s,
        estimated=np.ones_like(unobserved) if is_venue else unobserved,
        on_sale=_availabilities(context, site, columns.slots, markets),
    )


def _availabilities(
    context: AppContext, site: Site, slots: Sequence[Slot], markets: Sequence[Market]
) -> tuple[Availability, ...]:
    now, positions = context.clock(), site.loop.positions
    return tuple(
        compute_availability(slot, positions, market, now)
        for slot, market in zip(slots, markets, strict=True)
    )
