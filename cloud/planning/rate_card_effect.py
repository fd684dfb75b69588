"""What another rate card would change in the revenue of seven days: locations, hours, sections.

Booked lines have locked prices and stay as they are. The free positions of each hour are priced
with both cards at the P10, P50 and P90 of the attention: a sum of P10 is the value if every hour is
at its P10, which is wider than an interval of the sum. How buyers respond to a price is not known
here: the expected value uses the share of positions that was sold in the last four weeks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from cloud.app.forecast_cache import CachedForecast
from cloud.forecast.history.hours import Measures
from cloud.pricing.market import Market
from cloud.pricing.price_list import price_slots
from cloud.pricing.rate_card import RateCard
from cloud.pricing.slot import SlotColumns, build_slot_columns, list_slots
from cloud.sales.sold_slots import SoldSlot
from cloud.sites.site_model import Site

DAYS: Final = 7
RECENT: Final = timedelta(days=28)
SECTIONS: Final = (
    "attention", "peak_hours", "demographic", "traffic", "seasons", "rounding_minor",
    "daily_move", "limits",
)  # fmt: skip
"""In the order in which they act on a price."""
ATTENTION: Final = Measures._fields.index("attention_s")
Integers = NDArray[np.int64]


class ValueRange(NamedTuple):
    """The value of positions, in minor units, at P10, P50 and P90 of the attention."""

    p10: int
    p50: int
    p90: int

    def scale(self, share: float) -> "ValueRange":
        """The part of a share of it."""
        return ValueRange(*(round(one * share) for one in self))


NOTHING: Final = ValueRange(0, 0, 0)


@dataclass(frozen=True, slots=True)
class SectionStep:
    """What a changed section of the card adds, after those before it."""

    section: str
    change_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationEffect:
    """One location: what is booked, and the value of its free positions with both cards."""

    site: Site
    booked_minor: int
    free_positions: int
    unobserved_hours: int
    sold_share: float | None
    before: ValueRange
    after: ValueRange
    steps: tuple[SectionStep, ...]
    hours: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """By local hour: P50 of before and after."""


def list_sections(old: RateCard, new: RateCard) -> tuple[str, ...]:
    """The sections that differ, in the order in which they act."""
    return tuple(one for one in SECTIONS if getattr(old, one) != getattr(new, one))


def find_week(now: datetime) -> tuple[date, date]:
    """The Monday after a moment, and the Monday after that."""
    today = now.astimezone(UTC).date()
    monday = today + timedelta(days=DAYS - today.weekday())
    return monday, monday + timedelta(days=DAYS)


def compute_effect(
    site: Site,
    known: CachedForecast,
    cards: tuple[RateCard, RateCard],
    first_on: date,
    sold: Sequence[SoldSlot],
    recent_positions: int | None,
) -> LocationEffect:
    """The effect at one site. `sold` is of the week; `recent_positions` of the last four weeks."""
    slots = _list_week(site, first_on)
    markets = [known.book.market(slot) for slot in slots.slots]
    free = _count_free(site, known, slots, markets)
    priced = _Pricing(site, known, slots, markets, free)
    old, new = cards
    before, after = priced.price(old), priced.price(new)
    return LocationEffect(
        site=site,
        booked_minor=sum(one.total_minor for one in sold),
        free_positions=int(free.sum()),
        unobserved_hours=int(priced.unobserved.sum()),
        sold_share=_share(site, recent_positions),
        before=_sum(before, free),
        after=_sum(after, free),
        steps=tuple(_list_steps(priced, old, new)),
        hours=_sum_hours(slots, before[1] * free, after[1] * free),
    )


class _Pricing:
    """The slots of one site, priced by a card at each quantile."""

    def __init__(
        self,
        site: Site,
        known: CachedForecast,
        slots: SlotColumns,
        markets: Sequence[Market],
        free: Integers,
    ) -> None:
        columns = slots.days, slots.day, slots.hour
        self._of = site, slots
        self._markets = markets
        self._attention_s = known.forecast.columns(*columns)[ATTENTION]
        self.unobserved = known.forecast.unobserved(*columns)
        self.free = free

    def price(self, card: RateCard) -> tuple[Integers, Integers, Integers]:
        """Prices at P10, P50 and P90; the range holds the price, as in a quote."""
        middle = self.price_middle(card)
        low, high = (
            price_slots(*self._of, self._attention_s[at], card, self._markets) for at in (0, 2)
        )
        return np.minimum(low, middle), middle, np.maximum(high, middle)

    def price_middle(self, card: RateCard) -> Integers:
        """Prices at P50."""
        return price_slots(
            *self._of, self._attention_s[1], card, self._markets, unobserved=self.unobserved
        )


def _list_steps(priced: _Pricing, old: RateCard, new: RateCard) -> Iterator[SectionStep]:
    """One changed section after the other, so that the changes add up to the whole."""
    card, value = old, int((priced.price_middle(old) * priced.free).sum())
    for section in list_sections(old, new):
        card = msgspec.structs.replace(card, **{section: getattr(new, section)})
        then = int((priced.price_middle(card) * priced.free).sum())
        yield SectionStep(section, then - value)
        value = then


def _list_week(site: Site, first_on: date) -> SlotColumns:
    days = (first_on + timedelta(days=number) for number in range(DAYS))
    return build_slot_columns(slot for day in days for slot in list_slots(day, site.zone))


def _count_free(
    site: Site, known: CachedForecast, slots: SlotColumns, markets: Sequence[Market]
) -> Integers:
    """Free positions; where the occupancy is unknown, those that are not taken here."""
    counts = (
        site.loop.positions - known.book.count_taken(slot)
        if market.occupancy is None
        else market.occupancy.free
        for slot, market in zip(slots.slots, markets, strict=True)
    )
    return np.array([max(0, one) for one in counts], dtype=np.int64)


def _share(site: Site, recent_positions: int | None) -> float | None:
    if recent_positions is None:
        return None
    offered = site.loop.positions * RECENT // timedelta(hours=1)
    return min(1.0, recent_positions / offered)


def _sum(prices: Iterable[Integers], free: Integers) -> ValueRange:
    return ValueRange(*(int((one * free).sum()) for one in prices))


def _sum_hours(slots: SlotColumns, before: Integers, after: Integers) -> dict[int, tuple[int, int]]:
    sums = [np.bincount(slots.hour, weights=one, minlength=24) for one in (before, after)]
    return {hour: (round(sums[0][hour]), round(sums[1][hour])) for hour in range(24)}
