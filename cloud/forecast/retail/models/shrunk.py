"""The default model: store slopes by empirical Bayes, a common part by ridge, a recent level.

log units = intercept and slopes of the product in the store (price, deal, feature, holiday)
+ effects of the prices of the category, of the competitor's price and of the season
+ the mean residual of the last weeks, shrunk to 0.

The second part is estimated for the product over all stores. Its penalty counts a week as one
observation, not as one for each store: prices move in the whole chain at once, and without it a
year of history gives effects that double the error of the next weeks. Settings were chosen on weeks
up to 140 of the orange juice data and on simulated shops (docs/retail.md).
"""

from dataclasses import dataclass, field

import numpy as np

from cloud.forecast.retail.cross_prices import (
    SEASON_COLUMNS,
    PriceReferences,
    build_competitor_price,
    build_cross_prices,
    build_season,
)
from cloud.forecast.retail.fixed_effects import subtract_group_means
from cloud.forecast.retail.panel import Floats, Integers, SalesPanel, encode, split_categories
from cloud.forecast.retail.shrinkage import StoreSlopes, fit_store_slopes
from cloud.forecast.retail.specifications import build_controls


@dataclass(frozen=True, slots=True)
class ShrunkSettings:
    """`cross_sd` and `season_sd` are prior standard deviations; 0 leaves the effects out.

    The first is that of an elasticity to another price, the second of a seasonal coefficient.

    The level is the mean residual of the last `level_weeks` weeks, as if `level_prior_weeks` more
    had residual 0.
    """

    cross_sd: float = 0.4
    season_sd: float = 0.1
    level_weeks: int = 13
    level_prior_weeks: int = 8
    rounds: int = 12


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """The fit of one product; arrays have a row for each store of the panel."""

    slopes: StoreSlopes
    common: Floats
    level: Floats
    residual_sd: Floats
    """Of each store with 20 rows or more; else that of the product."""


@dataclass(frozen=True, slots=True)
class FittedShrunk:
    """A `FittedDemand`: the product's fit by product."""

    products: dict[int, ProductDemand]
    references: PriceReferences

    def predict_log_units(self, panel: SalesPanel) -> Floats:
        """See `FittedDemand.predict_log_units`."""
        parts = [self._predict_category(category) for category in split_categories(panel)]
        return _restore_order(panel, np.concatenate([np.zeros(0), *parts]))

    def _predict_category(self, category: SalesPanel) -> Floats:
        found = np.full(len(category), np.nan)
        for product in np.unique(category.product):
            fit = self.products.get(int(product))
            if fit is not None:
                at = np.flatnonzero(category.product == product)
                rows = category.select(at)
                common = build_common(category, rows, int(product), self.references)
                found[at] = _predict(fit, rows, common)
        return found


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A `DemandModel` of store slopes, cross prices and a recent level."""

    settings: ShrunkSettings = field(default_factory=ShrunkSettings)
    name: str = "shrunk"

    def fit(self, panel: SalesPanel) -> FittedShrunk:
        """See `DemandModel.fit`."""
        references = PriceReferences.of(panel)
        fits = {}
        for category in split_categories(panel):
            usable = category.select_usable()
            for product in np.unique(usable.product):
                rows = usable.select(usable.product == product)
                common = build_common(category, rows, int(product), references)
                fits[int(product)] = self._fit_product(rows, common)
        return FittedShrunk(fits, references)

    def _fit_product(self, rows: SalesPanel, common: Floats) -> ProductDemand:
        own = _build_own(rows)
        effects = _fit_common(rows, own, common, self._list_priors(common.shape[1]))
        stores = len(rows.stores)
        target = rows.log_units - common @ effects
        slopes = fit_store_slopes(target, own, rows.store, stores, self.settings.rounds)
        fitted = slopes.intercepts[rows.store] + (own * slopes.slopes[rows.store]).sum(axis=1)
        residual = target - fitted
        return ProductDemand(
            slopes,
            effects,
            self._compute_level(rows, residual),
            _compute_sd(residual, rows.store, stores, slopes.noise_sd),
        )

    def _list_priors(self, columns: int) -> Floats:
        prices = columns - SEASON_COLUMNS
        return np.repeat(
            [self.settings.cross_sd, self.settings.season_sd], [prices, columns - prices]
        )

    def _compute_level(self, rows: SalesPanel, residual: Floats) -> Floats:
        recent = rows.week > rows.week.max() - self.settings.level_weeks
        stores = rows.store[recent]
        total = np.bincount(stores, residual[recent], len(rows.stores))
        weeks = np.bincount(stores, minlength=len(rows.stores)) + self.settings.level_prior_weeks
        level: Floats = total / np.maximum(weeks, 1)
        return level


def _build_own(rows: SalesPanel) -> Floats:
    return np.column_stack([rows.log_price, build_controls(rows)])


def build_common(
    panel: SalesPanel, rows: SalesPanel, product: int, references: PriceReferences
) -> Floats:
    """Prices of the category, the competitor's price and the season: (rows, columns)."""
    return np.column_stack(
        [
            build_cross_prices(panel, rows, product, references),
            build_competitor_price(rows, references),
            build_season(rows),
        ]
    )


def _restore_order(panel: SalesPanel, values: Floats) -> Floats:
    """Values of `split_categories`, in the order of the panel."""
    code = encode(panel.categories)[1]
    found = np.empty(len(panel))
    found[np.argsort(code[panel.product], kind="stable")] = values
    return found


def _predict(fit: ProductDemand, rows: SalesPanel, common: Floats) -> Floats:
    own = (_build_own(rows) * fit.slopes.slopes[rows.store]).sum(axis=1)
    found: Floats = fit.slopes.intercepts[rows.store] + own + common @ fit.common
    return found + fit.level[rows.store]


def _fit_common(rows: SalesPanel, own: Floats, common: Floats, prior_sd: Floats) -> Floats:
    """Ridge effects of common columns within stores, beside the product's own slopes."""
    wanted = prior_sd > 0
    columns = np.column_stack([rows.log_units, own, common[:, wanted]])
    within = subtract_group_means(columns, [rows.store])
    outcome, design = within[:, 0], within[:, 1:]
    squares, products = design.T @ design, design.T @ outcome
    k, own_k = design.shape[1], own.shape[1]
    least = 1e-9 * (np.trace(squares) / k + 1) * np.eye(k)
    solved: Floats = np.linalg.solve(squares + least, products)
    stores_a_week = len(rows) / len(np.unique(rows.week))
    for _ in range(2):
        noise = float(((outcome - design @ solved) ** 2).mean())
        penalty = np.zeros(k)
        penalty[own_k:] = noise * stores_a_week / prior_sd[wanted] ** 2
        solved = np.linalg.solve(squares + least + np.diag(penalty), products)
    effects = np.zeros(len(prior_sd))
    effects[wanted] = solved[own_k:]
    return effects


def _compute_sd(residual: Floats, store: Integers, stores: int, usual: float) -> Floats:
    count = np.bincount(store, minlength=stores)
    square = np.bincount(store, residual**2, stores) / np.maximum(count, 1)
    return np.where(count >= 20, np.sqrt(square), usual)
