"""The steps of the nightly run that forecast and publish prices."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cloud.app.context import AppContext
from cloud.cli.publish import publish
from cloud.forecast.nightly import run as forecast_sites
from cloud.forecast.signals import read_valid_signals
from cloud.nightly.steps import NightlyStep, StepResult


@dataclass(frozen=True, slots=True)
class SalesSteps:
    """The steps on one context; `signals` is a folder of weather, holidays and events."""

    context: AppContext
    signals: Path | None
    clock: Callable[[], datetime]

    def steps(self) -> list[NightlyStep]:
        """Prices depend on the forecasts; both are of the present day."""
        return [
            NightlyStep("forecast", self.forecast),
            NightlyStep("publish-prices", self.publish_prices, ("forecast",)),
        ]

    def forecast(self) -> StepResult:
        """The forecasts of all locations; those that are stored already are not computed again."""
        signals, errors = read_valid_signals(self.signals) if self.signals else ({}, {})
        night = forecast_sites(
            self.context.engine, self.context.sites, now=self.clock(), signals=signals,
            progress=lambda network, done, sites: None,
        )  # fmt: skip
        notes = [f"{one.location} was left out: {one.reason}" for one in night.failed]
        return StepResult(night.forecast, [*map(str, errors.values()), *notes])

    def publish_prices(self) -> StepResult:
        """Today's prices of every location that has none."""
        self.context.read_changes()
        published, left_out = publish(self.context)
        return StepResult(
            published, [f"no prices of today for {one.location}: {one.reason}" for one in left_out]
        )
