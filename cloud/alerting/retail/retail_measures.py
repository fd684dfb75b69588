"""The source of measures for the alert rules of retail prices.

Moves of prices are read in every evaluation, from the newest price points alone; everything else
once an hour, because shops report it once a day or less often. Stores of different arms of an
experiment are meant to differ, so its products are left out of the gaps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Select, and_, func, select, type_coerce

from cloud.alerting.retail.price_rules import (
    NEAR_KM,
    CompetitorView,
    PricePointView,
    StockView,
    StorePrice,
    measure_competitor,
    measure_flash_sale,
    measure_gaps,
    measure_moves,
    measure_stock,
)
from cloud.alerting.retail.usual_range import RangeMethod
from cloud.alerting.rules import Measure
from cloud.database import EPOCH
from cloud.database.columns import total
from cloud.database.retail import retail_price_points
from cloud.pricing.retail.rules import PriceRules, RuleSubject
from cloud.sales.retail.active_rules import read_active_rules
from cloud.sales.retail.experiments import read_open_experiments
from cloud.sales.retail.observations import (
    DAY_US,
    ObservedPrice,
    StoreTraits,
    read_newest,
    read_stores,
)
from cloud.sales.retail.prices import PriceKey, read_path
from cloud.sites.distances import distance_km
from cloud.sites.sites import Sites

HOUR: Final = timedelta(hours=1)
HISTORY: Final = timedelta(days=35)
MOST_NEW_POINTS: Final = 200_000
"""Of the newest points that are searched for those of the last hour: more than an hour of a chain
with two million points a day."""


@dataclass
class RetailMeasures:
    """A source for the evaluator; remembers the measures of the present hour."""

    method: RangeMethod = RangeMethod.MAD
    _hour: int = -1
    _hourly: list[Measure] = field(default_factory=list)

    def __call__(self, connection: Connection, sites: Sites, now: datetime) -> list[Measure]:
        """The measures of every product and store with recent price points."""
        hour = (now - EPOCH) // HOUR
        if hour != self._hour:
            self._hourly = list(self._read_hourly(connection, now))
            self._hour = hour
        return [*self._read_moves(connection, now), *self._hourly]

    def _read_moves(self, connection: Connection, now: datetime) -> Iterator[Measure]:
        points = _read_new_points(connection, now - HOUR, now)
        keys = {one.key for one in points}
        path = read_path(connection, keys, now - HOUR, now)
        missing = {key for key in keys if key not in path}
        earlier = _read_regular(connection, missing, now - HISTORY, now - HOUR)
        yield from measure_moves(points, path, earlier, self.method)

    def _read_hourly(self, connection: Connection, now: datetime) -> Iterator[Measure]:
        newest = read_newest(connection, now)
        if not newest:
            return
        history = _read_days(connection, now - HISTORY, now)
        rules = read_active_rules(connection, now)
        for key, one in newest.items():
            yield from self._measure_one(one, history.get(key, []), rules, now)
        yield from _measure_gaps(connection, newest, now)

    def _measure_one(
        self, one: ObservedPrice, days: Sequence["_Day"], rules: PriceRules, now: datetime
    ) -> Iterator[Measure]:
        subject = RuleSubject(one.key.product, one.key.store, one.category, one.region)
        values = rules.values_for(subject)
        band = values.competitor_band
        earlier = [day.competitor_minor for day in days[:-1] if day.competitor_minor is not None]
        if band and band.most and one.competitor_price_minor and one.promotion is None:
            view = CompetitorView(
                one.key, one.observed_at, one.price_minor, one.currency,
                one.competitor_price_minor, earlier, float(band.most),
            )  # fmt: skip
            measure = measure_competitor(view, self.method)
            if measure is not None:
                yield measure
        if one.inventory is None:
            return
        end_days = None
        if values.clearance is not None and values.clearance.ends_on >= now.date():
            end_days = (values.clearance.ends_on - now.date()).days + 1.0
        units = [float(day.units) for day in days]
        stock = StockView(one.key, one.observed_at, one.inventory, units, end_days)
        yield measure_stock(stock)
        sale = measure_flash_sale(stock, self.method)
        if sale is not None:
            yield sale


@dataclass(frozen=True, slots=True)
class _Day:
    units: int
    competitor_minor: float | None


def _read_new_points(
    connection: Connection, since: datetime, until: datetime
) -> list[PricePointView]:
    cells = retail_price_points.c
    newest = select(func.max(cells.id) - MOST_NEW_POINTS).scalar_subquery()
    wanted = select(
        cells.product, cells.store, cells.observed_at, cells.price_minor, cells.currency,
        cells.promotion,
    ).where(cells.id > newest, cells.observed_at > since, cells.observed_at <= until)  # fmt: skip
    return [
        PricePointView(PriceKey(product, store), *rest)
        for product, store, *rest in connection.execute(wanted.order_by(cells.id))
    ]


def _read_regular(
    connection: Connection, keys: set[PriceKey], since: datetime, until: datetime
) -> Mapping[PriceKey, Sequence[float]]:
    """The prices without a promotion, by product and store."""
    if not keys:
        return {}
    cells = retail_price_points.c
    wanted = select(cells.product, cells.store, cells.price_minor).where(
        cells.product.in_(sorted({one.product for one in keys})),
        cells.store.in_(sorted({one.store for one in keys})),
        cells.promotion.is_(None), cells.observed_at > since, cells.observed_at <= until,
    )  # fmt: skip
    found: dict[PriceKey, list[float]] = {}
    for product, store, price in connection.execute(wanted):
        found.setdefault(PriceKey(product, store), []).append(float(price))
    return found


def _read_days(
    connection: Connection, since: datetime, until: datetime
) -> dict[PriceKey, list[_Day]]:
    """Units and the competitor's price of each observed day, the oldest first."""
    cells = retail_price_points.c
    day = (type_coerce(cells.observed_at, BigInteger) // DAY_US).label("day")
    wanted: Select[Any] = (
        select(cells.product, cells.store, day, total(cells.units),
               func.min(cells.competitor_price_minor))
        .where(and_(cells.observed_at > since, cells.observed_at <= until))
        .group_by(cells.product, cells.store, day)
        .order_by(day)
    )  # fmt: skip
    found: dict[PriceKey, list[_Day]] = {}
    for product, store, _, units, competitor in connection.execute(wanted):
        found.setdefault(PriceKey(product, store), []).append(_Day(units, competitor))
    return found


def _measure_gaps(
    connection: Connection, newest: Mapping[PriceKey, ObservedPrice], now: datetime
) -> Iterator[Measure]:
    tested = {name for one in read_open_experiments(connection, now) for name in one.products}
    prices = [
        StorePrice(one.key, one.observed_at, one.price_minor, one.currency)
        for one in newest.values()
        if one.promotion is None and one.key.product not in tested
    ]
    yield from measure_gaps(prices, find_near(read_stores(connection)))


def find_near(stores: Sequence[StoreTraits]) -> dict[str, list[str]]:
    """The other stores within 5 km of each store."""
    return {
        one.store: [
            two.store
            for two in stores
            if two.store != one.store
            and abs(one.latitude - two.latitude) < NEAR_KM / 100
            and distance_km(one.latitude, one.longitude, two.latitude, two.longitude) < NEAR_KM
        ]
        for one in stores
    }
