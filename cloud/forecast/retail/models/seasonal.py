"""The default model with a yearly baseline of each category by Prophet in place of two waves.

Prophet sees one series for each category: the mean residual of a week over all its products and
stores, so that prices and promotions are out of it. Less than 60 weeks show no year: the category
then gets no baseline.
"""

import importlib
import logging
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cloud.forecast.retail.models.shrunk import FittedShrunk, Shrunk, ShrunkSettings
from cloud.forecast.retail.panel import Floats, Integers, SalesPanel, find_monday

LEAST_WEEKS: Final = 60
YEARLY_ORDER: Final = 3
"""Six coefficients: 60 weeks determine no finer curve."""
BASELINE_PRIOR: Final = 1.0
"""Prior scale of the curve, for residuals of about 0.3."""


@dataclass(frozen=True, slots=True)
class FittedSeasonal:
    """A fitted default model, and the fitted Prophet of each category that has one."""

    demand: FittedShrunk
    baselines: dict[str, "YearlyBaseline"]

    def predict_log_units(self, panel: SalesPanel) -> Floats:
        """See `FittedDemand.predict_log_units`."""
        found = self.demand.predict_log_units(panel)
        for category, baseline in self.baselines.items():
            rows = _mark_category(panel, category)
            found[rows] += baseline.read(panel.week[rows])
        return found


@dataclass(frozen=True, slots=True)
class YearlyBaseline:
    """The curve of a category: by week modulo a year of 52.18 weeks, as a table over days."""

    by_day: Floats

    def read(self, weeks: Integers) -> Floats:
        """The baseline of weeks, that of their Mondays."""
        days = np.array([find_monday(int(week)).timetuple().tm_yday for week in np.unique(weeks)])
        found: Floats = self.by_day[days - 1][np.unique(weeks, return_inverse=True)[1]]
        return found


@dataclass(frozen=True, slots=True)
class Seasonal:
    """A `DemandModel`: the default one, and a yearly baseline."""

    demand: Shrunk = field(default_factory=lambda: Shrunk(ShrunkSettings(season_sd=0)))
    name: str = "seasonal"

    def fit(self, panel: SalesPanel) -> FittedSeasonal:
        """See `DemandModel.fit`."""
        fitted = self.demand.fit(panel)
        usable = panel.select_usable()
        residual = usable.log_units - fitted.predict_log_units(usable)
        baselines = {}
        for category in sorted(set(panel.categories)):
            rows = _mark_category(usable, category)
            weeks, at = np.unique(usable.week[rows], return_inverse=True)
            if len(weeks) >= LEAST_WEEKS:
                means = np.bincount(at, residual[rows]) / np.bincount(at)
                baselines[category] = fit_yearly_baseline(weeks, means)
        return FittedSeasonal(fitted, baselines)


def fit_yearly_baseline(weeks: Integers, values: Floats) -> YearlyBaseline:
    """Prophet's yearly curve of weekly values, without trend."""
    _silence_libraries()
    pandas = importlib.import_module("pandas")
    prophet = importlib.import_module("prophet")
    model = prophet.Prophet(
        growth="flat",
        weekly_seasonality=False,
        daily_seasonality=False,
        yearly_seasonality=False,
        uncertainty_samples=0,
    )
    model.add_seasonality("year", 365.25, YEARLY_ORDER, prior_scale=BASELINE_PRIOR)
    mondays = pandas.to_datetime([find_monday(int(week)) for week in weeks])
    model.fit(pandas.DataFrame({"ds": mondays, "y": values}))
    days = pandas.date_range("2024-01-01", periods=366)
    curve = model.predict(pandas.DataFrame({"ds": days}))["year"].to_numpy(np.float64)
    return YearlyBaseline(curve)


def _silence_libraries() -> None:
    """CmdStanPy logs every fit unless it has a handler; Prophet names plotly as missing."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)
    stan = logging.getLogger("cmdstanpy")
    if not stan.handlers:
        stan.addHandler(logging.NullHandler())
    stan.setLevel(logging.WARNING)


def _mark_category(panel: SalesPanel, category: str) -> np.ndarray:
    members = np.array([name == category for name in panel.categories])
    found: np.ndarray = members[panel.product]
    return found
