"""Gradient boosting of log units, not increasing in the own price.

LightGBM is used since the audience forecasts have it already; one thread, because two on a busy
machine are many times slower. Its local elasticities jump between -6 and 0, so that it predicts
units and never gives an elasticity.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cloud.forecast.retail.cross_prices import PriceReferences, build_cross_prices
from cloud.forecast.retail.models.plain import FittedLevels, SeriesMean
from cloud.forecast.retail.panel import Floats, SalesPanel

YEAR_W: Final = 365.25 / 7
OWN_PRICE: Final = 0
"""The column of the own price, the only constrained one."""
LEARNING: Final[dict[str, Any]] = {
    "objective": "regression",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "num_threads": 1,
    "deterministic": True,
    "seed": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class FittedBoostedDemand:
    """A booster of the difference from the level of the series."""

    booster: Any
    levels: FittedLevels
    references: PriceReferences

    def predict_log_units(self, panel: SalesPanel) -> Floats:
        """See `FittedDemand.predict_log_units`."""
        features = build_features(panel, self.references)
        found: Floats = self.booster.predict(features, num_threads=1)
        return found + self.levels.predict_log_units(panel)


@dataclass(frozen=True, slots=True)
class BoostedDemand:
    """A `DemandModel` of trees over all series."""

    trees: int = 150
    name: str = "boosted"

    def fit(self, panel: SalesPanel) -> FittedBoostedDemand:
        """See `DemandModel.fit`."""
        import lightgbm

        references = PriceReferences.of(panel)
        levels = SeriesMean().fit(panel)
        usable = panel.select_usable()
        features = build_features(usable, references)
        lesson = lightgbm.Dataset(
            features, usable.log_units - levels.predict_log_units(usable), params=LEARNING
        )
        constraints = [0] * features.shape[1]
        constraints[OWN_PRICE] = -1
        settings = {**LEARNING, "monotone_constraints": constraints}
        return FittedBoostedDemand(lightgbm.train(settings, lesson, self.trees), levels, references)


def build_features(panel: SalesPanel, references: PriceReferences) -> Floats:
    """Price, promotions, prices of others, season, usual price and product: (rows, 9)."""
    usual = references.log_price[panel.product, panel.store]
    season = 2 * np.pi * panel.week / YEAR_W
    return np.column_stack(
        [
            panel.log_price - usual,
            panel.deal,
            panel.feature,
            panel.holiday,
            _mean_others(panel, references),
            np.sin(season),
            np.cos(season),
            usual,
            panel.product,
        ]
    )


def _mean_others(panel: SalesPanel, references: PriceReferences) -> Floats:
    """The mean deviation of the other products of the category; 0 without any."""
    found = np.zeros(len(panel))
    for product in np.unique(panel.product):
        at = panel.product == product
        cross = build_cross_prices(panel, panel.select(at), int(product), references)
        if cross.shape[1]:
            found[at] = cross.mean(axis=1)
    return found
