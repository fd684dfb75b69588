"""Distances on the earth by coordinates."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_KM: Final = 6_371.0088
"""Mean radius (IUGG)."""


def distance_km(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float:
    """The great-circle distance of two points given in degrees, by the haversine formula."""
    one, two = radians(latitude), radians(latitude_2)
    half = sin((two - one) / 2) ** 2
    half += cos(one) * cos(two) * sin(radians(longitude_2 - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))
