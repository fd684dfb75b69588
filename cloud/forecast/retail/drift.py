"""Whether the demand has moved away from what the model in use was chosen on.

Two measures: the error of the last weeks against that of the backtest, and the population stability
index (PSI) of relative prices and of units. PSI above 0.25 is a shift by the usual rule of thumb;
it sums (share now - share then) * ln(share now / share then) over tenths of the earlier values.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from cloud.forecast.retail.cross_prices import PriceReferences
from cloud.forecast.retail.model_choice import score_weeks
from cloud.forecast.retail.models.demand_model import DemandModel
from cloud.forecast.retail.models.plain import SeriesMean
from cloud.forecast.retail.panel import Floats, SalesPanel

RECENT_WEEKS: Final = 4
MAX_PSI: Final = 0.25
MAX_ERROR_RATIO: Final = 1.25
BINS: Final = 10
LEAST_SHARE: Final = 1e-4
"""An empty bin counts as this share: its logarithm is then finite."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The measures of the last four weeks; NaN where there are too few of them."""

    error_ratio: float
    price_psi: float
    units_psi: float

    @property
    def is_drifted(self) -> bool:
        """Whether a measure is beyond its limit."""
        return (
            self.error_ratio > MAX_ERROR_RATIO
            or self.price_psi > MAX_PSI
            or self.units_psi > MAX_PSI
        )

    def to_dict(self) -> dict[str, Any]:
        """The figures, null in place of NaN."""
        found = {name: None if np.isnan(one) else round(one, 4) for name, one in _items(self)}
        return {**found, "is_drifted": self.is_drifted}


def measure_drift(model: DemandModel, panel: SalesPanel, backtest_wmape: float) -> DriftReport:
    """Compare the last four weeks with the weeks before them."""
    end = int(panel.week.max()) + 1
    first = end - RECENT_WEEKS
    scores = score_weeks(model, panel, first, end)
    earlier, recent = (one.select_usable() for one in (panel.until(first), panel))
    recent = recent.between(first, end)
    references, levels = PriceReferences.of(earlier), SeriesMean().fit(earlier)
    price = [_compare_prices(one, references) for one in (earlier, recent)]
    units = [one.log_units - levels.predict_log_units(one) for one in (earlier, recent)]
    ratio = scores.wmape / backtest_wmape if backtest_wmape > 0 else float("nan")
    return DriftReport(ratio, compute_psi(*price), compute_psi(*units))


def compute_psi(earlier: Floats, recent: Floats) -> float:
    """The population stability index; NaN without values on either side."""
    earlier, recent = earlier[np.isfinite(earlier)], recent[np.isfinite(recent)]
    if not len(earlier) or not len(recent):
        return float("nan")
    edges = np.unique(np.quantile(earlier, np.linspace(0, 1, BINS + 1)[1:-1]))
    then, now = (_count_shares(values, edges) for values in (earlier, recent))
    return float(((now - then) * np.log(now / then)).sum())


def _count_shares(values: Floats, edges: Floats) -> Floats:
    bins = np.searchsorted(edges, values, side="right")
    shares = np.bincount(bins, minlength=len(edges) + 1) / len(values)
    return np.maximum(shares, LEAST_SHARE)


def _compare_prices(rows: SalesPanel, references: PriceReferences) -> Floats:
    found: Floats = rows.log_price - references.log_price[rows.product, rows.store]
    return found


def _items(report: DriftReport) -> list[tuple[str, float]]:
    return list(asdict(report).items())
