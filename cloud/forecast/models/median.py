"""The median profile: the median of eight weeks at one level, times the latest level.

It has no settings, and one wrong hour does not change a median.
"""

from datetime import date

from cloud.forecast import weekly
from cloud.forecast.intervals import conformal
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds
from cloud.forecast.series import ClockSeries, Floats


class MedianProfile:
    """Median shape, recent level, conformal band."""

    name = "median"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`."""
        weeks = history.without(holidays).last(weekly.WEEKS + conformal.WEEKS)
        plain = conformal.add_conformal_band(weeks, _profiles, first_on=history.ends_on)
        return apply_sanity_bounds(weekly.as_sundays(plain, history.ends_on, holidays), history)


def _profiles(weeks: Floats) -> Floats:
    return weekly.profile(weekly.windows(weeks, weekly.WEEKS))
