"""All forecast models: what backtests may run, what the nightly run compares, and their versions.

To add a model: its module beside this one, an entry here, a test. An entry with `nightly` takes
part in the nightly comparison; `forecast_from_history` suffices for a model without training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted, TrainedModel
from cloud.forecast.models.median import MedianProfile
from cloud.forecast.models.model import Model
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.models.prophet_model import Prophet
from cloud.forecast.models.recent import Recent
from cloud.forecast.models.signal_effects import SignalEffects
from cloud.forecast.series import ClockSeries, Floats

DEFAULT: Final = "recent"
"""Forecasts every site, also one whose last weeks are too incomplete for other models."""


@dataclass(frozen=True, slots=True)
class NightlyInputs:
    """The inputs of the nightly run for many sites: their series one after another.

    `recent` is the week of the default model, `effects` those of signals, where a site has any.
    """

    history: ClockSeries
    holidays: frozenset[date]
    recent: Floats
    trained: TrainedModel | None
    effects: SignalEffects | None


NightlyForecast = Callable[[NightlyInputs], Floats | None]
"""The coming week (series, 3, 168); None where the model cannot forecast tonight."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. `version` goes up when it would forecast the same history differently.

    `is_default`: a backtest runs it unless other models are named. `needs_recent_weeks`: it does
    not forecast a site whose last weeks are too incomplete.
    """

    build: Callable[[], Model]
    version: int = 3
    is_default: bool = False
    nightly: NightlyForecast | None = None
    needs_recent_weeks: bool = True


def forecast_from_history(build: Callable[[], Model]) -> NightlyForecast:
    """The nightly forecast of a model that needs only the history."""

    def forecast(night: NightlyInputs) -> Floats:
        week = build().week(night.history, night.holidays)
        if night.effects is None:
            return week
        ratio = night.effects.ratio(night.effects.since)[:, None]
        return apply_sanity_bounds(week * ratio, night.history)

    return forecast


def _forecast_blend(night: NightlyInputs) -> Floats | None:
    if night.trained is None:
        return None
    learnt = night.trained.week(night.history, night.holidays, night.effects)
    return Blend().mixed(learnt, night.recent, night.history, night.holidays)


REGISTRY: Final[dict[str, ModelEntry]] = {
    "naive": ModelEntry(SeasonalNaive, is_default=True),
    "median": ModelEntry(MedianProfile, is_default=True),
    "blend": ModelEntry(Blend, version=4, nightly=_forecast_blend),
    DEFAULT: ModelEntry(
        Recent, is_default=True, nightly=lambda night: night.recent, needs_recent_weeks=False
    ),
    "boosted": ModelEntry(Boosted, version=4),
    "prophet": ModelEntry(Prophet),
    "prophet-tuned": ModelEntry(lambda: Prophet(weeks=12, tuned=True, name="prophet-tuned")),
}
"""By name. Of the nightly models, a site gets the first that can forecast it until another has
been clearly better there (`model_selection`)."""


def model_version(name: str) -> str:
    """A model with its version, as answers and the store name it: `recent-3`."""
    return f"{name}-{REGISTRY[name].version}"
