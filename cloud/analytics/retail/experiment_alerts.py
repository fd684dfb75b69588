"""The measures of the alert rule of harmful price experiments, read once an hour.

The program that evaluates alerts imports the comparison only while an experiment runs: it is slow
to load, and the program is to end within seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from cloud.alerting.rules import AlertKind, Measure
from cloud.database import EPOCH
from cloud.sales.retail.experiments import (
    ExperimentState,
    PriceExperiment,
    read_open_experiments,
)
from cloud.sites.sites import Sites

if TYPE_CHECKING:
    from cloud.analytics.retail.cluster_comparison import ClusterComparison
    from cloud.analytics.retail.experiment_results import ExperimentResult

HOUR: Final = timedelta(hours=1)


@dataclass
class ExperimentMeasures:
    """A source for the evaluator; remembers the measures of the present hour."""

    _hour: int = -1
    _measures: list[Measure] = field(default_factory=list)

    def __call__(self, connection: Connection, sites: Sites, now: datetime) -> list[Measure]:
        """A measure for each running experiment with a comparison."""
        hour = (now - EPOCH) // HOUR
        if hour != self._hour:
            running = [
                one
                for one in read_open_experiments(connection, now)
                if one.state_at(now) is ExperimentState.RUNNING
            ]
            self._measures = _measure_all(connection, running, now)
            self._hour = hour
        return self._measures


def _measure_all(
    connection: Connection, running: Sequence[PriceExperiment], now: datetime
) -> list[Measure]:
    if not running:
        return []
    from cloud.analytics.retail.experiment_results import read_experiment_result  # slow to import

    results = [read_experiment_result(connection, one, now) for one in running]
    return [_measure(one) for one in results if one.measures]


def _measure(result: "ExperimentResult") -> Measure:
    margin = result.measures["margin"]
    message = (
        f"found a change of margin of {_share(margin, margin.difference)}, at most "
        f"{_share(margin, margin.high)}, expected no loss, since "
        f"{result.experiment.starts_at:%Y-%m-%d}: experiment {result.experiment.name}; "
        f"POST /api/retail/experiments/{result.experiment.id}/stop rolls its prices back"
    )
    kind, value = AlertKind.EXPERIMENT_HARM, float(result.proposes_roll_back)
    return Measure(kind, "", result.experiment.id, value, message)


def _share(margin: "ClusterComparison", difference: float | None) -> str:
    """A difference as a share of the control's margin."""
    if difference is None or margin.control_mean <= 0:
        return "not known"
    return f"{difference / margin.control_mean:+.1%}"
