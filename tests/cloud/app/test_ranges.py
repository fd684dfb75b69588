"""An interval of a forecast is rounded value by value."""

import pytest

from cloud.app.ranges import Range, range_of
from cloud.forecast.intervals.interval import Interval


@pytest.mark.parametrize(
    ("places", "rounded"),
    [(0, (1.0, 2.0, 1000000.0)), (1, (1.2, 2.5, 1e6)), (2, (1.23, 2.46, 1e6))],
)
def test_each_value_is_rounded_to_the_places(places: int, rounded: tuple[float, ...]) -> None:
    interval = Interval(1.2345, 2.4567, 999_999.999)
    assert range_of(interval, places) == Range(
        **dict(zip(("p10", "p50", "p90"), rounded, strict=True))
    )


def test_an_interval_of_one_value_stays_one() -> None:
    assert set(range_of(Interval(0.0, 0.0, 0.0), 1).model_dump().values()) == {0.0}
