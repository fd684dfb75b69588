"""The season of a product by month, from its price points of two years without promotion.

The index of a month is units of a store-day divided by those of an average month, after both are
moved to the mean price with the elasticity of the product. A month without a point is None: nothing
was observed, which is not an index of zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Connection, func, literal_column, select, type_coerce

from cloud.database import EPOCH
from cloud.database.columns import total
from cloud.database.retail import retail_price_points

HISTORY: Final = timedelta(days=731)
DAY_US: Final = 86_400_000_000
MONTHS: Final = range(1, 13)


@dataclass(frozen=True, slots=True)
class SeasonMonth:
    """One month of the year."""

    month: int
    points: int
    index: float | None


@dataclass(frozen=True, slots=True)
class _DaySums:
    month: int
    points: int
    units: int
    prices_minor: int


def read_season(
    connection: Connection, product: str, elasticity: float | None, now: datetime
) -> list[SeasonMonth]:
    """The twelve months of a product; without an elasticity, prices are not taken into account."""
    return compute_season(_read_days(connection, product, now), elasticity or 0.0)


def compute_season(days: Sequence[_DaySums], elasticity: float) -> list[SeasonMonth]:
    """The index of each month from the sums of days."""
    points = sum(day.points for day in days)
    if points == 0:
        return [SeasonMonth(month, 0, None) for month in MONTHS]
    mean_price = sum(day.prices_minor for day in days) / points
    sums = dict.fromkeys(MONTHS, (0, 0.0))
    for day in days:
        price_ratio = day.prices_minor / day.points / mean_price
        count, units = sums[day.month]
        sums[day.month] = count + day.points, units + day.units / price_ratio**elasticity
    rates = {month: units / count for month, (count, units) in sums.items() if count}
    mean = sum(rates.values()) / len(rates)
    return [
        SeasonMonth(
            month, sums[month][0], rates[month] / mean if month in rates and mean > 0 else None
        )
        for month in MONTHS
    ]


def _read_days(connection: Connection, product: str, now: datetime) -> list[_DaySums]:
    cells = retail_price_points.c
    # a literal: PostgreSQL takes two parameters of the same value for different expressions
    length = literal_column(str(DAY_US), BigInteger)
    day = (type_coerce(cells.observed_at, BigInteger) // length).label("day")
    wanted = (
        select(day, func.count(), total(cells.units), total(cells.base_price_minor))
        .where(cells.product == product, cells.observed_at > now - HISTORY)
        .where(cells.observed_at <= now, cells.promotion.is_(None))
        .group_by(day)
    )
    return [
        _DaySums((EPOCH + timedelta(days=int(number))).month, points, units, prices)
        for number, points, units, prices in connection.execute(wanted)
    ]
