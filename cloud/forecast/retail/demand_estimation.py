"""Estimates of every product in every store where it is sold, from weekly sales.

The elasticity is the store's slope of the default model. Its range is that over specifications of
the product, moved by the store's difference from the product and widened by both errors. A product
has no estimate with less than 30 usable weeks, nor when its price never moved; a store has none
when the product was not sold there in the last 13 weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from cloud.forecast.retail.estimates import DemandEstimate, Evidence, classify_evidence
from cloud.forecast.retail.models.demand_model import FittedDemand
from cloud.forecast.retail.models.shrunk import FittedShrunk, ProductDemand
from cloud.forecast.retail.panel import Floats, SalesPanel, mark_usable
from cloud.forecast.retail.specifications import (
    Specification,
    SpecificationFit,
    fit_specifications,
)

ACTIVE_WEEKS: Final = 13
WIDENING: Final = 1.28
"""Standard errors on each side of a specification: 80 % of a normal distribution."""
MAX_ZERO_SHARE: Final = 0.1
"""Of the weeks of a series: with more weeks without sales its evidence is weak at best."""
PREFERRED: Final = (
    Specification.SEASON, Specification.CROSS_PRICES, Specification.PROMOTIONS,
)  # fmt: skip
"""The first of them has the controls of the default model: its error is the product's."""


@dataclass(frozen=True, slots=True)
class FittedModels:
    """What the estimates come from: slopes, expected units, and the version that is published."""

    slopes: FittedShrunk
    units: FittedDemand
    version: str


@dataclass(frozen=True, slots=True)
class ElasticityRange:
    """The specifications of one product: their elasticities and errors."""

    elasticities: Floats
    errors: Floats
    reference_error: float
    stockpiling_share: float | None

    def bound(self, elasticity: float, away: float, error: float) -> tuple[float, float]:
        """The range of a store whose slope is `away` from its product's, with an error of it."""
        reach = WIDENING * np.hypot(self.errors, error)
        low = float((self.elasticities - reach).min()) + away
        high = float((self.elasticities + reach).max()) + away
        own = WIDENING * error
        return min(low, elasticity - own), max(high, elasticity + own)


def estimate_demand(panel: SalesPanel, models: FittedModels, as_of: date) -> list[DemandEstimate]:
    """The estimates of all active series, by product and store."""
    ranges = build_ranges(fit_specifications(panel))
    zero_shares = _compute_zero_shares(panel)
    coming = build_regular_week(panel)
    log_units = models.units.predict_log_units(coming)
    found = []
    for row in range(len(coming)):
        product, store = int(coming.product[row]), int(coming.store[row])
        fit, limits = models.slopes.products.get(product), ranges.get(product)
        if fit is None or limits is None or not np.isfinite(log_units[row]):
            continue
        estimate = _estimate(coming, row, fit, limits, float(log_units[row]), models, as_of)
        if zero_shares[product, store] > MAX_ZERO_SHARE:
            estimate = _weaken(estimate)
        found.append(estimate)
    return found


def build_ranges(fits: Sequence[SpecificationFit]) -> dict[int, ElasticityRange]:
    """The specifications of each product that has the reference one."""
    by_product: dict[int, dict[Specification, SpecificationFit]] = {}
    for fit in fits:
        by_product.setdefault(fit.product, {})[fit.specification] = fit
    return {
        product: _build_range(found)
        for product, found in by_product.items()
        if Specification.PROMOTIONS in found
    }


def build_regular_week(panel: SalesPanel) -> SalesPanel:
    """One row for each active series: the week after the last one, at its regular price.

    The regular price is the median of the unpromoted weeks of the last 13, or of all of them.
    """
    end = int(panel.week.max()) + 1
    recent = panel.between(end - ACTIVE_WEEKS, end).select_usable()
    recent = recent.select(np.lexsort((recent.week, recent.series)))
    series, first = np.unique(recent.series, return_index=True)
    last = np.append(first[1:], len(recent)) - 1
    price = np.array(
        [
            _find_regular_price(recent, start, end_row + 1)
            for start, end_row in zip(first, last, strict=True)
        ]
    )
    rows, none = recent.select(last), np.zeros(len(series))
    return replace(
        rows, week=np.full(len(series), end), price_minor=price, deal=none, feature=none,
        holiday=none, units=np.full(len(series), np.nan),
    )  # fmt: skip


def _find_regular_price(recent: SalesPanel, start: int, end: int) -> float:
    rows = slice(start, end)
    plain = (recent.deal[rows] == 0) & (recent.feature[rows] == 0)
    prices = recent.price_minor[rows][plain] if plain.any() else recent.price_minor[rows]
    return float(np.round(np.median(prices)))


def _build_range(found: dict[Specification, SpecificationFit]) -> ElasticityRange:
    preferred = next(found[one] for one in PREFERRED if one in found)
    lags = found.get(Specification.PRICE_LAGS)
    return ElasticityRange(
        np.array([one.elasticity for one in found.values()]),
        np.array([one.standard_error for one in found.values()]),
        preferred.standard_error,
        None if lags is None else lags.stockpiling_share,
    )


def _estimate(
    coming: SalesPanel, row: int, fit: ProductDemand, limits: ElasticityRange, log_units: float,
    models: FittedModels, as_of: date,
) -> DemandEstimate:  # fmt: skip
    store = int(coming.store[row])
    elasticity = float(fit.slopes.slopes[store, 0])
    own_error = float(np.sqrt(fit.slopes.covariances[store, 0, 0]))
    away = elasticity - float(fit.slopes.mean_slopes[0])
    low, high = limits.bound(elasticity, away, own_error)
    error = float(np.hypot(own_error, limits.reference_error))
    spread = float(fit.residual_sd[store])
    return DemandEstimate(
        product=coming.products[int(coming.product[row])],
        store=coming.stores[store],
        elasticity=elasticity,
        elasticity_low=low,
        elasticity_high=high,
        standard_error=error,
        baseline_units=float(np.exp(log_units + spread**2 / 2)),  # the mean of a lognormal
        baseline_price_minor=int(coming.price_minor[row]),
        units_sd_log=spread,
        stockpiling_share=limits.stockpiling_share,
        evidence=classify_evidence(elasticity, low, high, error),
        model_version=models.version,
        as_of=as_of,
    )


def _compute_zero_shares(panel: SalesPanel) -> Floats:
    """The share of weeks without sales of each product in each store; 0 without any week."""
    priced = panel.select((panel.price_minor > 0) & ~panel.is_censored)
    size = len(panel.products) * len(panel.stores)
    weeks = np.bincount(priced.series, minlength=size)
    zero = np.bincount(priced.series, ~mark_usable(priced), size)
    shares: Floats = zero / np.maximum(weeks, 1)
    return shares.reshape(len(panel.products), len(panel.stores))


def _weaken(estimate: DemandEstimate) -> DemandEstimate:
    if estimate.evidence is Evidence.SUFFICIENT:
        return replace(estimate, evidence=Evidence.WEAK)
    return estimate
