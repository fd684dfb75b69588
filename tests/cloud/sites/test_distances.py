"""Distances agree with those that are known."""

import pytest

from cloud.sites.distances import distance_km


@pytest.mark.parametrize(
    ("one", "two", "km"),
    [
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.6),  # London to Paris
        ((0.0, 0.0), (0.0, 1.0), 111.195),  # one degree of the equator
        ((0.0, 0.0), (0.0, 180.0), 20_015.1),  # the antipode
        ((89.9, 0.0), (89.9, 180.0), 22.239),  # over the pole
        ((51.5, -0.1), (51.5, -0.1), 0.0),
    ],
)
def test_distances(one: tuple[float, float], two: tuple[float, float], km: float) -> None:
    assert distance_km(*one, *two) == pytest.approx(km, rel=1e-3)
    assert distance_km(*two, *one) == pytest.approx(km, rel=1e-3)
