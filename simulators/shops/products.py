"""The products of a chain: category, pack size, reference price, cost and price limits."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.shops.options import ChainOptions, Flags, Floats, Ints

CATEGORIES: Final = (
    ("juice/orange", "1 l", 250),
    ("juice/apple", "1 l", 210),
    ("coffee/ground", "250 g", 480),
    ("chocolate/bar", "100 g", 170),
    ("water/still", "6 x 1.5 l", 330),
    ("crisps/salted", "150 g", 220),
    ("detergent/liquid", "1.5 l", 890),
    ("pasta/dry", "500 g", 140),
)
"""Category, pack size and usual price in minor units."""


@dataclass(frozen=True, slots=True)
class Products:
    """Columns with one value for each product; each product has one SKU."""

    names: tuple[str, ...]
    skus: tuple[str, ...]
    category: Ints  # number in CATEGORIES
    reference_minor: Floats  # price that the baseline is about
    cost_share: Floats  # of the reference price, at the beginning
    volume: Floats  # units a day at the reference price in a store of size 1
    has_map: Flags
    season_share: Floats  # amplitude of the year, as a logarithm
    season_day: Floats  # day of the year with the most sales

    @property
    def map_minor(self) -> Ints:
        """Minimum advertised price; 0: none."""
        return np.where(self.has_map, (0.7 * self.reference_minor).round(), 0).astype(np.int64)

    @property
    def legal_floor_minor(self) -> Ints:
        """Lowest legal price."""
        return (0.25 * self.reference_minor).round().astype(np.int64)


def draw_products(options: ChainOptions) -> Products:
    """Products in all categories in turn, with prices around those of their category."""
    rng, count = options.generator(2), options.products
    number = np.arange(count)
    category = number % len(CATEGORIES)
    usual = np.array([price for _, _, price in CATEGORIES])[category]
    names = tuple(
        f"{CATEGORIES[at][0].replace('/', '-')}-{one // len(CATEGORIES) + 1:02}"
        for one, at in zip(number, category, strict=True)
    )
    return Products(
        names,
        tuple(f"SKU-{one + 1:05}" for one in number),
        category,
        (usual * np.exp(rng.normal(0, 0.2, count))).round(),
        rng.uniform(0.5, 0.7, count),
        np.exp(rng.normal(2.6, 0.5, count)),
        number % 5 == 0,
        rng.uniform(0.05, 0.35, count),
        rng.uniform(0, 365, count),
    )
