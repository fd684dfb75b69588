"""What a chain sells on each day: demand, stock-piling, stock and stock-outs.

Units are those sold: demand that met no stock is not recorded, as in a real till. Extra units of a
promotion are in part bought instead of later ones: `pantry` is what shoppers have at home of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from simulators.shops.chain import Chain
from simulators.shops.holidays import name_holiday
from simulators.shops.options import Flags, Floats, Ints
from simulators.shops.price_paths import DEAL, FEATURE
from simulators.shops.responses import WEEKDAYS
from simulators.shops.stores import CITIES

PANTRY_RATE: Final = 1 / 14  # of what is at home, used instead of a purchase on each day
LEAST_SALES_RATIO: Final = 0.2  # of expected demand, however much is at home
NOISE_SD: Final = 0.12  # of a day in one store, logarithm
SHOCK_SD: Final = 0.05  # of a region, logarithm
SHOCK_KEPT: Final = 0.8  # from one day to the next
DELIVERY_WEEKDAYS: Final = (0, 2, 4)
COVER_DAYS: Final = 6.0  # of usual demand that a delivery fills up to
MISSED_RATIO: Final = 0.1  # of the deliveries of a product to a store: late until the next


@dataclass(frozen=True, slots=True)
class DaySales:
    """One day; arrays are products x stores."""

    day: date
    number: int
    holiday: str | None
    price_minor: Ints
    list_minor: Ints
    promotion: Ints
    competitor_minor: Ints
    units: Ints
    stock: Ints  # at the end of the day
    is_stocked_out: Flags


class SalesSimulation:
    """The state of the stores from day to day."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rng = chain.options.generator(6)
        self._pantry: Floats = np.zeros_like(chain.responses.baseline)
        self._usual: Floats = chain.responses.baseline.copy()
        self._stock: Ints = np.ceil(COVER_DAYS * self._usual).astype(np.int64)
        self._shock: Floats = np.zeros(len(CITIES))

    def run(self) -> Iterator[DaySales]:
        """All days, oldest first."""
        for number in range(self._chain.options.days):
            yield self._sell(number)

    def _sell(self, number: int) -> DaySales:
        chain = self._chain
        day = chain.options.first_on + timedelta(days=number)
        zones, cities = chain.stores.zones, chain.stores.city
        price, listed = (
            values[number][:, zones] for values in (chain.paths.price_minor, chain.paths.list_minor)
        )
        promotion = chain.paths.promotion[number][:, zones]
        competitor = chain.competitor_minor[number][:, cities]
        expected = self._expect(day, price, competitor, promotion)
        extra = expected * -np.expm1(self._promotion_log(price, listed, promotion) * -1)
        demand = self._draw_demand(expected, np.maximum(extra, 0))
        self._deliver(day)
        units = np.minimum(demand, self._stock)
        self._stock = self._stock - units
        self._usual += 0.05 * (demand - self._usual)
        return DaySales(
            day, number, name_holiday(day), price, listed, promotion, competitor, units,
            self._stock, demand > units,
        )  # fmt: skip

    def _expect(self, day: date, price: Ints, competitor: Ints, promotion: Ints) -> Floats:
        """Expected demand of the day without regard to what is at home."""
        chain, reference = self._chain, self._chain.products.reference_minor[:, None]
        units = chain.responses.expected_units(price / reference, competitor / reference)
        self._shock = SHOCK_KEPT * self._shock + self._rng.normal(0, SHOCK_SD, len(self._shock))
        of_day = np.asarray(seasonal_log(chain, day) + WEEKDAYS[day.weekday()])
        if name_holiday(day):
            of_day = of_day + chain.responses.holiday_lift
        lift = self._lift_log(promotion)
        expected: Floats = units * np.exp(
            of_day[:, None] + self._shock[chain.stores.city][None, :] + lift
        )
        return expected

    def _lift_log(self, promotion: Ints) -> Floats:
        responses = self._chain.responses
        lifts: Floats = np.where(promotion == DEAL, responses.deal_lift[:, None], 0.0)
        return np.where(promotion == FEATURE, responses.feature_lift[:, None], lifts)

    def _promotion_log(self, price: Ints, listed: Ints, promotion: Ints) -> Floats:
        """What price cut and promotion add to the logarithm of demand."""
        cut: Floats = self._chain.responses.own * np.log(price / listed)
        return cut + self._lift_log(promotion)

    def _draw_demand(self, expected: Floats, extra: Floats) -> Ints:
        used = np.minimum(PANTRY_RATE * self._pantry, (1 - LEAST_SALES_RATIO) * expected)
        share = self._chain.responses.stockpiling_share[:, None]
        self._pantry += share * extra - used
        noise = np.exp(self._rng.normal(-(NOISE_SD**2) / 2, NOISE_SD, expected.shape))
        return self._rng.poisson((expected - used) * noise).astype(np.int64)

    def _deliver(self, day: date) -> None:
        if day.weekday() not in DELIVERY_WEEKDAYS:
            return
        wanted = np.ceil(COVER_DAYS * self._usual).astype(np.int64) + 2
        arrives = self._rng.random(wanted.shape) >= MISSED_RATIO
        self._stock = np.where(arrives, np.maximum(self._stock, wanted), self._stock)


def seasonal_log(chain: Chain, day: date) -> Floats:
    """The season of each product, as a logarithm: one wave a year."""
    angle = 2 * np.pi * (day.timetuple().tm_yday - chain.products.season_day) / 365
    wave: Floats = chain.products.season_share * np.cos(angle)
    return wave
