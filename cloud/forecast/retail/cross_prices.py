"""What moves demand beside the own price: prices of the category, of the competitor, the season.

Each price is a deviation from the mean log price of its product in its store, so that one that was
not observed that week counts as usual (0). The season is two waves a year, since one year of weeks
determines no more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.forecast.retail.panel import Floats, Integers, SalesPanel

MAX_PRODUCTS: Final = 12
"""A larger category gets one column, the mean deviation of the others, in place of one for each."""
SEASON_COLUMNS: Final = 4
YEAR_W: Final = 365.25 / 7


@dataclass(frozen=True, slots=True)
class PriceReferences:
    """The mean log price of each product in each store, (products, stores); NaN where unknown."""

    log_price: Floats

    @classmethod
    def of(cls, panel: SalesPanel) -> "PriceReferences":
        """The means over the rows with a price."""
        priced = panel.price_minor > 0
        cells = panel.series[priced]
        size = len(panel.products) * len(panel.stores)
        count = np.bincount(cells, minlength=size)
        total = np.bincount(cells, np.log(panel.price_minor[priced]), size)
        means = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
        return cls(means.reshape(len(panel.products), len(panel.stores)))


def list_rivals(panel: SalesPanel, product: int) -> Integers:
    """The other products of the category of a product."""
    same = np.array([name == panel.categories[product] for name in panel.categories])
    same[product] = False
    return np.flatnonzero(same).astype(np.int64)


def build_cross_prices(
    panel: SalesPanel, rows: SalesPanel, product: int, references: PriceReferences
) -> Floats:
    """The deviations of the others for the rows of one product: (rows, columns).

    `panel` has the prices of all products in these weeks; a category of one has no column.
    """
    rivals = list_rivals(panel, product)
    if len(rivals) == 0 or len(rows) == 0:
        return np.zeros((len(rows), 0))
    deviations = _read_deviations(panel, rows, rivals, references)
    if len(rivals) >= MAX_PRODUCTS:
        known = np.isfinite(deviations)
        total = np.where(known, deviations, 0).sum(axis=1, keepdims=True)
        mean: Floats = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
        return mean
    return np.nan_to_num(deviations)


def build_competitor_price(rows: SalesPanel, references: PriceReferences) -> Floats:
    """The deviation of the competitor's price from the own usual price: (rows, 1)."""
    usual = references.log_price[rows.product, rows.store]
    known = rows.competitor_price_minor > 0
    price = np.where(known, rows.competitor_price_minor, 1.0)
    return np.nan_to_num(np.where(known, np.log(price) - usual, 0.0))[:, None]


def build_season(rows: SalesPanel) -> Floats:
    """Two waves a year: (rows, 4)."""
    angle = 2 * np.pi * rows.week / YEAR_W
    return np.column_stack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)])


def _read_deviations(
    panel: SalesPanel, rows: SalesPanel, rivals: Integers, references: PriceReferences
) -> Floats:
    """(rows, rivals); NaN where a product was not on sale."""
    first = int(panel.week.min())
    width = int(panel.week.max()) - first + 1
    priced = np.isin(panel.product, rivals) & (panel.price_minor > 0)
    others = panel.select(priced)
    table = np.full((len(rivals), len(panel.stores), width), np.nan)
    deviation = others.log_price - references.log_price[others.product, others.store]
    at = np.searchsorted(rivals, others.product)
    table[at, others.store, others.week - first] = deviation
    found: Floats = table[:, rows.store, rows.week - first].T
    return found
