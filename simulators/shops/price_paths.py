"""Costs, list prices and promotions of every day, by product and price zone.

List prices follow costs and change in steps at random times, different in each zone. A promotion
lasts a week (clearance: two) and lowers the price by 10 to 35 per cent (clearance: below the cost).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from simulators.shops.holidays import name_holiday
from simulators.shops.options import ChainOptions, Floats, Ints
from simulators.shops.products import Products
from simulators.shops.responses import WEEK
from simulators.shops.stores import ZONES

STEP_EVERY_DAYS: Final = 50
LEAST_MARKUP: Final = 1.12
DEPTHS: Final = np.array([0.10, 0.15, 0.20, 0.25, 0.30, 0.35])
NONE, DEAL, FEATURE, CLEARANCE = range(4)
PROMOTION_NAMES: Final = (None, "deal", "feature", "clearance")
DEAL_RATIO: Final = 0.07  # of the weeks
FEATURE_RATIO: Final = 0.05
CLEARANCE_RATIO: Final = 0.0015
HOLIDAY_FACTOR: Final = 1.6  # more promotions in weeks with a holiday


@dataclass(frozen=True, slots=True)
class PricePaths:
    """Arrays by day, product and zone; costs by day and product. Whole minor units."""

    cost_minor: Ints
    list_minor: Ints
    price_minor: Ints
    promotion: Ints  # NONE, DEAL, FEATURE, CLEARANCE


def draw_price_paths(options: ChainOptions, products: Products) -> PricePaths:
    """The prices that the chain sets, whatever it sells."""
    rng = options.generator(4)
    cost = _draw_costs(options, products, rng)
    list_minor = _draw_list_prices(options, products, cost, rng)
    promotion, depth = _draw_promotions(options, rng)
    reduced = round_to_nine(list_minor * (1 - depth))
    reduced = np.where(promotion == CLEARANCE, reduced, np.maximum(reduced, cost[:, :, None] + 1))
    price = np.where(promotion == NONE, list_minor, np.minimum(reduced, list_minor))
    return PricePaths(cost, list_minor, price, promotion)


def round_to_nine(amount_minor: Floats) -> Ints:
    """The nearest amount that ends in 9."""
    return np.maximum(9, 10 * np.round((amount_minor + 1) / 10) - 1).astype(np.int64)


def _draw_costs(options: ChainOptions, products: Products, rng: np.random.Generator) -> Ints:
    """Costs change on some days, all products of the chain independently."""
    shape = (options.days, options.products)
    steps = np.where(rng.random(shape) < 1 / 45, rng.normal(0.004, 0.03, shape), 0)
    level = np.log(products.cost_share) + np.clip(np.cumsum(steps, axis=0), -0.2, 0.2)
    costs: Ints = np.maximum(1, np.round(products.reference_minor * np.exp(level))).astype(np.int64)
    return costs


def _draw_list_prices(
    options: ChainOptions, products: Products, cost: Ints, rng: np.random.Generator
) -> Ints:
    shape = (options.days, options.products, ZONES)
    changes = rng.random(shape) < 1 / STEP_EVERY_DAYS
    changes[0] = True
    passed_on = 0.6 * np.log(cost / (products.cost_share * products.reference_minor))
    levels = passed_on[:, :, None] + rng.normal(0, 0.09, shape)
    held = np.maximum.accumulate(np.where(changes, np.arange(options.days)[:, None, None], 0))
    level = np.take_along_axis(levels, held, axis=0)
    wanted = products.reference_minor[None, :, None] * np.exp(level)
    return round_to_nine(np.maximum(wanted, LEAST_MARKUP * cost[:, :, None] + 5))


def _draw_promotions(options: ChainOptions, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The promotion of each day and its depth; weeks begin on the first day of the history."""
    weeks = -(-options.days // WEEK)
    shape = (weeks, options.products, ZONES)
    factor = np.array([_holiday_factor(options, week) for week in range(weeks)])[:, None, None]
    drawn = rng.random(shape) / factor
    kinds = np.select(
        [drawn < DEAL_RATIO, drawn < DEAL_RATIO + FEATURE_RATIO], [DEAL, FEATURE], NONE
    )
    depth = np.where(kinds == NONE, 0.0, rng.choice(DEPTHS, shape))
    begins = rng.random(shape) < CLEARANCE_RATIO
    begins[1:] |= begins[:-1]
    kinds = np.where(begins, CLEARANCE, kinds)
    depth = np.where(begins, 0.55, depth)
    days = np.arange(options.days) // WEEK
    return kinds[days].astype(np.int64), depth[days]


def _holiday_factor(options: ChainOptions, week: int) -> float:
    days = (options.first_on + timedelta(days=WEEK * week + day) for day in range(WEEK))
    return HOLIDAY_FACTOR if any(map(name_holiday, days)) else 1.0
