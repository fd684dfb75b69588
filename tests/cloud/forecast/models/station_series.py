"""Series of stations whose usual week is known, and streets that rain halves."""

from datetime import date, datetime, time, timedelta

import numpy as np

from cloud.forecast import venue_profiles
from cloud.forecast.series import ClockSeries
from cloud.forecast.signals import SignalLine, Signals

MONDAY = date(2024, 1, 1)
RAIN_WEEKS = 140
RAIN_ENDS_ON = date(2026, 11, 23)
RAIN_FIRST_ON = RAIN_ENDS_ON - timedelta(weeks=RAIN_WEEKS)
WET_HOURS = slice(2 * 24 + 10, 2 * 24 + 16)
"""Of the coming week: Wednesday from 10 to 16."""


def footfall(weeks: int, *, series: int = 2, noise: float = 0.1, seed: int = 1) -> ClockSeries:
    """Stations of two sizes, from a Monday on."""
    shape = np.tile(venue_profiles.build_week_shape(MONDAY), weeks)
    size = np.array([400.0 * 3**at for at in range(series)])[:, None]
    rough = np.random.default_rng(seed).lognormal(0, noise, (series, shape.size))
    return ClockSeries(MONDAY, size * shape * rough)


def rain(*, coming: bool) -> Signals:
    """Six hours of rain a week on changing days; on the coming Wednesday if it is coming."""
    chance = np.random.default_rng(4)
    days = [
        RAIN_FIRST_ON + timedelta(days=7 * week + int(chance.integers(7)))
        for week in range(RAIN_WEEKS)
    ]
    days += [RAIN_ENDS_ON + timedelta(days=2)] * coming
    return Signals(("rain_mm",), tuple(spell("rain_mm", day, 2.0) for day in days))


def spell(name: str, day: date, value: float) -> SignalLine:
    """A signal from 10 to 16 of a day."""
    return SignalLine(name, datetime.combine(day, time(10)), datetime.combine(day, time(16)), value)


def streets(*, wet: int, dry: int) -> ClockSeries:
    """Streets that rain halves, and covered ones without signals."""
    usual = np.tile(venue_profiles.build_week_shape(RAIN_FIRST_ON), RAIN_WEEKS)
    values = 400 * usual * np.ones((wet + dry, 1))
    values *= np.random.default_rng(1).lognormal(0, 0.1, values.shape)
    wet_hours = rain(coming=False).over(RAIN_FIRST_ON, RAIN_WEEKS * 7)[0] > 0
    values[:wet, wet_hours] *= 0.5
    return ClockSeries(RAIN_FIRST_ON, values)
