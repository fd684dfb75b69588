"""Weekly sales of products in stores, as columns: the input of every demand model.

A row is one product in one store in one week that was observed; a week without a row is missing,
not zero. Prices are minor units, the mean that buyers paid; promotions and holidays are shares of
the days of the week. `week` counts Mondays since 1970-01-05.

A week in which the shelf was empty at the end says how much was there, not how much was wanted: it
is censored and no model learns from it. A week without sales has no logarithm; it is left out too,
and its share is counted (`SeriesCounts`), because a series with many such weeks looks less elastic
than it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
FIRST_MONDAY: Final = date(1970, 1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesPanel:
    """Rows of weekly sales; `product` and `store` are indices of the names.

    `cost_minor` and `competitor_price_minor` are NaN where unknown. `categories` has the category
    of each product.
    """

    products: tuple[str, ...]
    stores: tuple[str, ...]
    categories: tuple[str, ...]
    product: Integers
    store: Integers
    week: Integers
    units: Floats
    price_minor: Floats
    deal: Floats
    feature: Floats
    holiday: Floats
    cost_minor: Floats
    competitor_price_minor: Floats
    is_censored: Flags

    def __len__(self) -> int:
        return len(self.week)

    def select(self, rows: Flags | Integers) -> "SalesPanel":
        """Some rows, with the same names."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def until(self, week: int) -> "SalesPanel":
        """The rows before a week."""
        return self.select(self.week < week)

    def between(self, first: int, end: int) -> "SalesPanel":
        """The rows of a half-open interval of weeks."""
        return self.select((self.week >= first) & (self.week < end))

    def select_usable(self) -> "SalesPanel":
        """The rows that a model may learn from: with sales, a price and goods on the shelf."""
        return self.select(mark_usable(self))

    @property
    def series(self) -> Integers:
        """A number of each product and store: equal for equal pairs."""
        return self.product * len(self.stores) + self.store

    @property
    def log_price(self) -> Floats:
        """The logarithm of the price."""
        return np.log(self.price_minor)

    @property
    def log_units(self) -> Floats:
        """The logarithm of the units; only of usable rows."""
        return np.log(self.units)


_COLUMNS: Final = tuple(
    field.name
    for field in fields(SalesPanel)
    if field.name not in ("products", "stores", "categories")
)


@dataclass(frozen=True, slots=True)
class SeriesCounts:
    """How many weeks of a panel are used, and how many are left out and why."""

    used: int
    without_sales: int
    censored: int
    without_price: int


def mark_usable(panel: SalesPanel) -> Flags:
    """Rows with sales, a price, and goods left at the end of the week."""
    has_price = np.isfinite(panel.price_minor) & (panel.price_minor > 0)
    usable: Flags = has_price & (panel.units > 0) & ~panel.is_censored
    return usable


def count_weeks(panel: SalesPanel) -> SeriesCounts:
    """The weeks that models learn from and those that they leave out, each counted once."""
    has_price = np.isfinite(panel.price_minor) & (panel.price_minor > 0)
    open_rows = has_price & ~panel.is_censored
    return SeriesCounts(
        used=int(mark_usable(panel).sum()),
        without_sales=int((open_rows & ~(panel.units > 0)).sum()),
        censored=int((has_price & panel.is_censored).sum()),
        without_price=int((~has_price).sum()),
    )


def number_week(monday: date) -> int:
    """The number of the week of a day."""
    return (monday - FIRST_MONDAY).days // 7


def find_monday(week: int) -> date:
    """The Monday of a week."""
    return FIRST_MONDAY + timedelta(weeks=week)


def split_categories(panel: SalesPanel) -> Iterator[SalesPanel]:
    """The rows of each category, by name: its products need no rows of others."""
    names, code = encode(panel.categories)
    of_row = code[panel.product]
    order = np.argsort(of_row, kind="stable")
    bounds = np.searchsorted(of_row[order], np.arange(len(names) + 1))
    for first, end in pairwise(bounds):
        if end > first:
            yield panel.select(order[first:end])


def encode(names: Sequence[str] | NDArray[np.str_]) -> tuple[tuple[str, ...], Integers]:
    """The distinct names in order, and the index of each."""
    distinct, index = np.unique(np.asarray(names, np.str_), return_inverse=True)
    return tuple(str(name) for name in distinct), index.astype(np.int64)


def find_lag(panel: SalesPanel, values: Floats, weeks: int) -> Floats:
    """The value of the same series some weeks before; NaN where that week has no row."""
    span = int(panel.week.max()) + weeks + 1 if len(panel) else 1
    keys = panel.series * span + panel.week
    order = np.argsort(keys)
    wanted = keys - weeks
    at = np.searchsorted(keys[order], wanted).clip(max=max(len(keys) - 1, 0))
    found = order[at]
    is_same = (keys[found] == wanted) & (panel.week >= weeks)
    return np.where(is_same, values[found], np.nan)
