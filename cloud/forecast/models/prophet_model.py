"""Prophet, with default settings and tuned for hours: for backtests, never the default.

The default settings add a daily curve to a weekly one, so that a Saturday has no shape of its own,
and extrapolate the trend of a year; on hourly footfall that is worse than repeating last week.
Tuned (log scale, flat trend, twelve weeks, one weekly curve of order 40, holidays) it is about as
good. Each fit takes a quarter of a second or more for one series.
"""

import importlib
import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds
from cloud.forecast.series import WEEK_H, ClockSeries, Floats

LOG_MOST: Final = 25.0
"""The highest count on the log scale."""


@dataclass(frozen=True)
class Prophet:
    """One fit for each series and origin."""

    weeks: int = 52
    tuned: bool = False
    name: str = "prophet"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`; NaN for a series with less than a week of hours."""
        logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
        recent = history.last(self.weeks).reshape(len(history.values), -1)
        first_on = history.ends_on - timedelta(weeks=self.weeks)
        weeks = [self._one(values, first_on, holidays) for values in recent]
        return apply_sanity_bounds(np.stack(weeks), history)

    def _one(self, values: Floats, first_on: date, holidays: frozenset[date]) -> Floats:
        if np.isfinite(values).sum() < WEEK_H:
            return np.full((3, WEEK_H), np.nan)
        pandas = importlib.import_module("pandas")
        midnight = datetime.combine(first_on, time())
        hours = pandas.date_range(midnight, periods=values.size + WEEK_H, freq="h")
        scaled = np.log1p(values) if self.tuned else values
        known = np.isfinite(scaled)
        model = self._model(pandas, holidays)
        model.fit(pandas.DataFrame({"ds": hours[: values.size][known], "y": scaled[known]}))
        found = model.predict(pandas.DataFrame({"ds": hours[values.size :]}))
        plain = found[["yhat_lower", "yhat", "yhat_upper"]].to_numpy().T
        counts: Floats = np.expm1(np.minimum(plain, LOG_MOST)) if self.tuned else plain
        return counts

    def _model(self, pandas: Any, holidays: frozenset[date]) -> Any:
        import prophet

        if not self.tuned:
            return prophet.Prophet(interval_width=0.8)
        named = pandas.DataFrame({"ds": sorted(holidays), "holiday": "holiday"})
        model = prophet.Prophet(
            growth="flat",
            interval_width=0.8,
            daily_seasonality=False,
            weekly_seasonality=False,
            yearly_seasonality=False,
            holidays=named if holidays else None,
        )
        return model.add_seasonality("week", period=7, fourier_order=40)
