"""The stores of a chain: region, city, position, setting, cluster and purchasing power."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.shops.options import ChainOptions, Floats, Ints

CITIES: Final = (
    ("london", "London", "N", 51.51, -0.12, 118),
    ("south-east", "Brighton", "BN", 50.83, -0.14, 108),
    ("north-west", "Manchester", "M", 53.48, -2.24, 92),
    ("yorkshire", "Leeds", "LS", 53.80, -1.55, 90),
    ("scotland", "Glasgow", "G", 55.86, -4.25, 94),
    ("wales", "Cardiff", "CF", 51.48, -3.18, 88),
)
"""Region, city, postcode area, latitude, longitude, mean purchasing power (100: the country)."""
SETTINGS: Final = ("urban", "suburban", "rural")
SPREAD_DEG: Final = (0.03, 0.12, 0.4)  # distance from the city's centre by setting
TIMEZONE: Final = "Europe/London"


@dataclass(frozen=True, slots=True)
class Stores:
    """Columns with one value for each store."""

    names: tuple[str, ...]
    city: Ints  # number in CITIES
    setting: Ints  # number in SETTINGS
    cluster: Ints  # price zone within the region: 0 or 1
    latitude: Floats
    longitude: Floats
    purchasing_power: Ints
    postcodes: tuple[str, ...]
    size: Floats  # factor of demand

    def region(self, number: int) -> str:
        """The region of a store."""
        return CITIES[self.city[number]][0]

    @property
    def zones(self) -> Ints:
        """The number of the price zone of each store: stores of a zone have the same prices."""
        return 2 * self.city + self.cluster


ZONES: Final = 2 * len(CITIES)


def draw_stores(options: ChainOptions) -> Stores:
    """Stores in all regions in turn; a third each in a city, in its suburbs and in the country."""
    rng, count = options.generator(1), options.stores
    number = np.arange(count)
    city, setting = number % len(CITIES), (number // len(CITIES)) % len(SETTINGS)
    centre = np.array([(lat, lon) for _, _, _, lat, lon, _ in CITIES])[city]
    position = centre + rng.normal(size=(count, 2)) * np.array(SPREAD_DEG)[setting][:, None]
    power = np.array([power for *_, power in CITIES])[city] + rng.normal(0, 8, count)
    districts = rng.integers(1, 20, count)
    units = rng.integers(0, 100, count)
    postcodes = tuple(
        f"{CITIES[at][2]}{district} {unit // 10}A{chr(65 + unit % 10)}"
        for at, district, unit in zip(city, districts, units, strict=True)
    )
    return Stores(
        tuple(f"S{one + 1:03}" for one in number), city, setting, (number // 18 + number) % 2,
        position[:, 0].round(4), position[:, 1].round(4), power.round().astype(np.int64), postcodes,
        np.exp(rng.normal(0, 0.3, count) - 0.25 * setting),
    )  # fmt: skip
