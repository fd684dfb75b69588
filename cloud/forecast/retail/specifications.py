"""The elasticity of each product by several defensible regressions of log units on log price.

They differ by far more than each one's standard error: on the orange juice of a chain, by 0.9 for
one product. None is the truth, so the range over all of them is what is published. Errors are
clustered by store and by week: prices and promotions move in the whole chain at once, and errors
by store alone are a quarter of these.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from cloud.forecast.retail.cross_prices import (
    MAX_PRODUCTS,
    YEAR_W,
    PriceReferences,
    build_competitor_price,
    build_cross_prices,
    build_season,
)
from cloud.forecast.retail.fixed_effects import TooFewRowsError, fit_within
from cloud.forecast.retail.panel import (
    Flags,
    Floats,
    Integers,
    SalesPanel,
    find_lag,
    split_categories,
)

LAGS: Final = (1, 2)
LEAST_ROWS: Final = 30
"""Of a regression: with fewer rows its error is not reliable, and it is left out."""
LEAST_WEEKS: Final = 8


class Specification(StrEnum):
    """What a regression controls for, beside the effect of the store."""

    PROMOTIONS = "promotions"
    """Deal, feature and holiday: the reference."""
    NO_CONTROLS = "no_controls"
    UNPROMOTED_WEEKS = "unpromoted_weeks"
    """Only weeks without deal and feature."""
    PRICE_LAGS = "price_lags"
    """And the prices of the two weeks before: what a price cut takes from later weeks."""
    CROSS_PRICES = "cross_prices"
    """And the prices of the other products of the category."""
    SEASON = "season"
    """And those prices, the competitor's price, and two waves a year."""
    WEEK_EFFECTS = "week_effects"
    """Effects of product x store and of the week, over the whole category."""


@dataclass(frozen=True, slots=True)
class SpecificationFit:
    """The elasticity of one product by one specification.

    `lagged` is the sum of the coefficients of earlier prices, NaN in other specifications.
    """

    specification: Specification
    product: int
    elasticity: float
    standard_error: float
    rows: int
    lagged: float = float("nan")

    @property
    def stockpiling_share(self) -> float | None:
        """The part of the response that is missing from the next two weeks, 0 to 1."""
        if not (np.isfinite(self.lagged) and self.elasticity < 0):
            return None
        return float(np.clip(-self.lagged / self.elasticity, 0, 1))


def fit_specifications(panel: SalesPanel) -> list[SpecificationFit]:
    """Every specification for every product that has the rows for it; unusable weeks are left out.

    The prices of unusable weeks are still prices: they count as lags and as prices of others.
    """
    found: list[SpecificationFit] = []
    for category in split_categories(panel):
        usable = category.select_usable()
        references = PriceReferences.of(category)
        for product in np.unique(usable.product):
            rows = usable.select(usable.product == product)
            found += _fit_product(category, rows, int(product), references)
        found += fit_week_effects(usable)
    return found


def build_controls(rows: SalesPanel) -> Floats:
    """Deal, feature and holiday: (rows, 3)."""
    return np.column_stack([rows.deal, rows.feature, rows.holiday])


def fit_reference(rows: SalesPanel) -> SpecificationFit | None:
    """The reference specification for the usable rows of one product."""
    if len(rows) == 0:
        return None
    return _fit(Specification.PROMOTIONS, rows, int(rows.product[0]), build_controls(rows))


def fit_week_effects(usable: SalesPanel) -> list[SpecificationFit]:
    """A slope for each product of one category with effects of product x store and of the week.

    In a large category, twelve products at a time share the effects of the week.
    """
    products = np.unique(usable.product)
    blocks = [
        products[start : start + MAX_PRODUCTS] for start in range(0, len(products), MAX_PRODUCTS)
    ]
    return [
        fit
        for block in blocks
        for fit in _fit_block(usable.select(np.isin(usable.product, block)), block)
    ]


def _fit_block(rows: SalesPanel, products: Integers) -> list[SpecificationFit]:
    if len(products) < 2 or not _is_enough(rows):
        return []
    slopes = np.where(rows.product[:, None] == products, rows.log_price[:, None], 0.0)
    design = np.column_stack([slopes, build_controls(rows)])
    try:
        fit = fit_within(rows.log_units, design, [rows.series, rows.week], [rows.store, rows.week])
    except TooFewRowsError:
        return []
    counts = (rows.product[:, None] == products).sum(axis=0)
    return [
        SpecificationFit(
            Specification.WEEK_EFFECTS, int(product), float(fit.coefficients[at]),
            float(fit.standard_errors[at]), int(counts[at]),
        )
        for at, product in enumerate(products)
        if np.isfinite(fit.coefficients[at])
    ]  # fmt: skip


def _fit_product(
    panel: SalesPanel, rows: SalesPanel, product: int, references: PriceReferences
) -> Iterator[SpecificationFit]:
    rivals = build_cross_prices(panel, rows, product, references)
    builders: dict[Specification, Callable[[], tuple[Flags, Floats]]] = {
        Specification.PROMOTIONS: lambda: (_all(rows), build_controls(rows)),
        Specification.NO_CONTROLS: lambda: (_all(rows), np.zeros((len(rows), 0))),
        Specification.UNPROMOTED_WEEKS: lambda: (
            (rows.deal == 0) & (rows.feature == 0),
            rows.holiday[:, None],
        ),
        Specification.PRICE_LAGS: lambda: _add_lags(panel, rows, product),
        Specification.CROSS_PRICES: lambda: (
            _all(rows),
            np.column_stack([build_controls(rows), rivals]),
        ),
        Specification.SEASON: lambda: (_all(rows), _add_season(rows, rivals, references)),
    }
    for specification, build in builders.items():
        chosen, controls = build()
        if specification is Specification.CROSS_PRICES and not rivals.shape[1]:
            continue  # the only product of its category
        if specification is Specification.SEASON and len(np.unique(rows.week)) < YEAR_W:
            continue  # less than a year shows no season
        fit = _fit(specification, rows.select(chosen), product, controls[chosen])
        if fit is not None:
            yield fit


def _add_season(rows: SalesPanel, rivals: Floats, references: PriceReferences) -> Floats:
    competitor = build_competitor_price(rows, references)
    return np.column_stack([build_controls(rows), rivals, competitor, build_season(rows)])


def _add_lags(panel: SalesPanel, rows: SalesPanel, product: int) -> tuple[Flags, Floats]:
    """The rows with known earlier prices; the lags follow the controls."""
    own = panel.select(panel.product == product)
    priced = np.where(own.price_minor > 0, own.price_minor, np.nan)
    keys = own.series * (1 << 32) + own.week
    at = np.searchsorted(keys, rows.series * (1 << 32) + rows.week, sorter=np.argsort(keys))
    of_row = np.argsort(keys)[at]
    lags = np.stack([np.log(find_lag(own, priced, weeks))[of_row] for weeks in LAGS], axis=1)
    return np.isfinite(lags).all(axis=1), np.column_stack([build_controls(rows), lags])


def _fit(
    specification: Specification, rows: SalesPanel, product: int, controls: Floats
) -> SpecificationFit | None:
    """None without enough rows, or where the price never moved."""
    if not _is_enough(rows):
        return None
    design = np.column_stack([rows.log_price, controls])
    several = len(np.unique(rows.store)) > 1
    clusterings: list[Integers] = [rows.store, rows.week] if several else [rows.week]
    fit = fit_within(rows.log_units, design, [rows.store], clusterings)
    if not np.isfinite(fit.coefficients[0]):
        return None
    lagged = np.nansum(fit.coefficients[-len(LAGS) :])
    return SpecificationFit(
        specification,
        product,
        float(fit.coefficients[0]),
        float(fit.standard_errors[0]),
        len(rows),
        float(lagged) if specification is Specification.PRICE_LAGS else float("nan"),
    )


def _is_enough(rows: SalesPanel) -> bool:
    return len(rows) >= LEAST_ROWS and len(np.unique(rows.week)) >= LEAST_WEEKS


def _all(rows: SalesPanel) -> Flags:
    return np.ones(len(rows), dtype=bool)
