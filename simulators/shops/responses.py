"""The true responses of demand: elasticities, promotions, stock-piling, weekdays and holidays.

Expected demand of a day in units, before stock and stock-piling, of product p in store s:

    baseline[p, s] * (price[p] / reference[p]) ** own[p, s]
      * product over q of the category: (price[q] / reference[q]) ** cross[p, q]
      * (competitor[p] / reference[p]) ** competitor[p]
      * exp(deal or feature lift) * season[p] * weekday * holiday[p] * shock
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.shops.options import ChainOptions, Floats
from simulators.shops.products import Products
from simulators.shops.stores import Stores

MEAN_ELASTICITY: Final = -2.3
ELASTICITY_LIMITS: Final = (-4.5, -1.25)
PER_POWER_POINT: Final = 0.012  # shoppers with more purchasing power react less
CROSS_TOTAL: Final = 0.6  # sum of the cross elasticities of a product
WEEKDAYS: Final = np.array([-0.14, -0.16, -0.09, 0.0, 0.14, 0.22, -0.02])  # Monday first
WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Responses:
    """What demand answers to; arrays are by product, then store or other product."""

    own: Floats  # products x stores
    cross: Floats  # products x products, 0 on the diagonal
    competitor: Floats  # products
    deal_lift: Floats  # products, logarithm
    feature_lift: Floats
    holiday_lift: Floats
    stockpiling_share: Floats  # of a promotion's extra units: bought instead of later ones
    baseline: Floats  # products x stores: units a day

    def expected_units(self, price_ratio: Floats, competitor_ratio: Floats) -> Floats:
        """Units a day of an average day without promotion, products x stores.

        Ratios are to the reference price; `price_ratio` is by product and store or by product.
        """
        logs = np.log(price_ratio) * np.ones_like(self.own)
        rival = self.competitor[:, None] * np.log(competitor_ratio) * np.ones_like(self.own)
        units: Floats = self.baseline * np.exp(self.own * logs + self.cross @ logs + rival)
        return units


def draw_responses(options: ChainOptions, stores: Stores, products: Products) -> Responses:
    """Elasticities vary by product, and around it by store."""
    rng, count = options.generator(3), options.products
    by_product = rng.normal(MEAN_ELASTICITY, 0.6, count)
    by_store = PER_POWER_POINT * (stores.purchasing_power - 100)
    noise = rng.normal(0, 0.2, (count, options.stores))
    own = np.clip(by_product[:, None] + by_store[None, :] + noise, *ELASTICITY_LIMITS)
    mix = np.exp(rng.normal(0, 0.25, (count, options.stores)))
    return Responses(
        own,
        _draw_cross(rng, products),
        rng.uniform(0.2, 0.8, count),
        rng.uniform(0.05, 0.3, count),
        rng.uniform(0.1, 0.5, count),
        rng.uniform(-0.1, 0.5, count),
        rng.uniform(0.1, 0.3, count),
        products.volume[:, None] * stores.size[None, :] * mix,
    )


def _draw_cross(rng: np.random.Generator, products: Products) -> Floats:
    """Products of a category replace each other; others have no effect."""
    same = products.category[:, None] == products.category[None, :]
    np.fill_diagonal(same, val=False)
    weight = same * rng.uniform(0.2, 1.0, same.shape)
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    cross: Floats = CROSS_TOTAL * weight / total * same.any(axis=1, keepdims=True)
    return cross
