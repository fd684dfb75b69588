"""Competitors: one price for each product and region, which follows the chain's price."""

from typing import Final

import numpy as np

from simulators.shops.options import ChainOptions, Floats, Ints
from simulators.shops.price_paths import PricePaths, round_to_nine
from simulators.shops.products import Products
from simulators.shops.stores import CITIES

REACTION_DAYS: Final = 7
"""Age of the chain's prices that a competitor has seen."""
MOVES_EVERY_DAYS: Final = 12
FOLLOWS_RATIO: Final = 0.6
"""Part of the difference to the chain's price that a move closes."""
MISSING_RATIO: Final = 0.2  # of the points: the competitor's price was not looked up


def draw_competitor_prices(options: ChainOptions, products: Products, paths: PricePaths) -> Ints:
    """By day, product and region, in minor units."""
    rng, regions = options.generator(5), len(CITIES)
    own = _mean_of_zones(paths.price_minor)
    price = products.reference_minor[:, None] * np.exp(rng.normal(0, 0.08, (len(own[0]), regions)))
    found = np.empty((options.days, *price.shape))
    for day in range(options.days):
        observed = own[max(0, day - REACTION_DAYS)]
        moves = rng.random(price.shape) < 1 / MOVES_EVERY_DAYS
        noise = np.exp(rng.normal(0, 0.04, price.shape))
        wanted = (FOLLOWS_RATIO * observed + (1 - FOLLOWS_RATIO) * price) * noise
        price = np.where(moves, wanted, price)
        found[day] = price
    return round_to_nine(found)


def _mean_of_zones(by_zone: Ints) -> Floats:
    """The mean price of the two zones of each region."""
    days, products, zones = by_zone.shape
    mean: Floats = by_zone.reshape(days, products, zones // 2, 2).mean(axis=3)
    return mean
