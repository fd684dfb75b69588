"""Simple models that every other one must beat."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.forecast.retail.fixed_effects import TooFewRowsError, fit_within
from cloud.forecast.retail.panel import Floats, SalesPanel
from cloud.forecast.retail.specifications import build_controls

RECENT_WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class FittedLevels:
    """A level of each product in each store, and slopes of each product: (products, 4)."""

    levels: Floats
    slopes: Floats

    def predict_log_units(self, panel: SalesPanel) -> Floats:
        """See `FittedDemand.predict_log_units`."""
        own = np.column_stack([panel.log_price, build_controls(panel)])
        found: Floats = self.levels[panel.series] + (own * self.slopes[panel.product]).sum(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class SeriesMean:
    """The mean of log units of each series, at any price."""

    name: str = "series-mean"

    def fit(self, panel: SalesPanel) -> FittedLevels:
        """See `DemandModel.fit`."""
        return _fit_levels(panel.select_usable(), np.zeros((len(panel.products), 4)))


@dataclass(frozen=True, slots=True)
class RecentMean:
    """The mean of log units of the last four weeks; of all weeks for a series without any."""

    name: str = "recent-mean"

    def fit(self, panel: SalesPanel) -> FittedLevels:
        """See `DemandModel.fit`."""
        usable = panel.select_usable()
        none = np.zeros((len(panel.products), 4))
        levels = _fit_levels(usable, none).levels
        recent = _fit_levels(usable.between(usable.week.max() + 1 - RECENT_WEEKS, 1 << 31), none)
        return FittedLevels(np.where(np.isfinite(recent.levels), recent.levels, levels), none)


@dataclass(frozen=True, slots=True)
class ChainSlopes:
    """The reference regression: slopes of the product over all stores, a level for each store."""

    name: str = "chain-slopes"

    def fit(self, panel: SalesPanel) -> FittedLevels:
        """See `DemandModel.fit`; a product whose price never moved has slope 0."""
        usable = panel.select_usable()
        slopes = np.zeros((len(panel.products), 4))
        for product in np.unique(usable.product):
            slopes[product] = _fit_slopes(usable.select(usable.product == product))
        return _fit_levels(usable, slopes)


def _fit_slopes(rows: SalesPanel) -> Floats:
    own = np.column_stack([rows.log_price, build_controls(rows)])
    try:
        fit = fit_within(rows.log_units, own, [rows.store], [rows.week])
    except TooFewRowsError:
        return np.zeros(own.shape[1])
    return np.nan_to_num(fit.coefficients)


def _fit_levels(rows: SalesPanel, slopes: Floats) -> FittedLevels:
    own = np.column_stack([rows.log_price, build_controls(rows)])
    left = rows.log_units - (own * slopes[rows.product]).sum(axis=1)
    size = len(rows.products) * len(rows.stores)
    count = np.bincount(rows.series, minlength=size)
    total = np.bincount(rows.series, left, size)
    levels = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return FittedLevels(levels, slopes)
