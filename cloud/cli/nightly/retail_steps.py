"""The steps of the nightly run for shops: sales, features, demand models, and proposed prices."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from cloud.app.retail.daily_proposals import propose_for_a_day
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.cli.nightly.lake_steps import BUILD_RETAIL_MARTS
from cloud.database import reading
from cloud.forecast.retail.training import NoSalesError, TrainedDemand, train_demand
from cloud.forecast.retail.weekly_history import read_sales_panel
from cloud.lake.lake import Lake
from cloud.lake.ownership import require_listed_files
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.retail.features import build_new_features
from cloud.marts.retail.places import read_places
from cloud.marts.retail.weekly import build_changed_weeks
from cloud.nightly.steps import NightlyStep, StepResult

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetailSteps:
    """The steps on one lake; without price points they do nothing."""

    lake: Lake
    clock: Callable[[], datetime]

    def steps(self) -> list[NightlyStep]:
        """Models are trained on the weeks that were built."""
        return [
            NightlyStep(BUILD_RETAIL_MARTS, self.build_marts, ("promote-trusted",)),
            NightlyStep("train-demand", self.train, (BUILD_RETAIL_MARTS,)),
            NightlyStep("propose-prices", self.propose, ("train-demand",)),
        ]

    def build_marts(self) -> StepResult:
        """The weeks that changed, and the features of days that have ended."""
        require_listed_files(self.lake)
        now = self.clock()
        with reading(self.lake.engine) as connection:
            places = read_places(connection)
        with DuckDbEngine().open() as engine:
            weeks = list(build_changed_weeks(self.lake, engine, now=now))
            days = list(build_new_features(self.lake, engine, places, now=now))
        return StepResult(sum(one.rows for one in weeks) + sum(one.rows for one in days))

    def train(self) -> StepResult:
        """Estimates of the demand; a note names drift and a new choice of the model."""
        now = self.clock()
        panel = read_sales_panel(self.lake, now.date())
        if not len(panel):
            return StepResult(0)
        try:
            trained = train_demand(self.lake.engine, panel, now=now)
        except NoSalesError as error:
            return StepResult(0, [str(error)])
        return StepResult(len(trained.estimates), list_notes(trained))

    def propose(self) -> StepResult:
        """Recommended prices to decide on, where the evidence is sufficient."""
        done = propose_for_a_day(self.lake.engine, RuleSetReader(), now=self.clock())
        log.info("retail.proposed", extra=asdict(done))
        return StepResult(done.proposed)


def list_notes(trained: TrainedDemand) -> list[str]:
    """Drift of the demand, which is no failure but has to be looked at."""
    drift = trained.version.drift
    if not drift.get("is_drifted"):
        return []
    figures = ", ".join(f"{name} {value}" for name, value in drift.items() if name != "is_drifted")
    return [f"demand has drifted ({figures}): {trained.version.version} was chosen again"]
