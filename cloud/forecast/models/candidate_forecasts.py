"""The coming week of many sites by every nightly model of the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cloud.forecast.history.history_store import MEASURES
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.features import LEAST_VALID, compute_observed_share
from cloud.forecast.models.recent import Recent, WeeksAhead
from cloud.forecast.models.registry import REGISTRY, NightlyInputs
from cloud.forecast.models.signal_effects import SignalEffects, compute_coming_effects
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries, Flags, Floats
from cloud.forecast.signals import SeriesSignals, Signals
from cloud.forecast.weekly import WEEKS

Rows = TypeVar("Rows", Floats, Flags)


@dataclass(frozen=True, slots=True)
class CandidateForecasts:
    """The week of each model: model -> (sites x measures, 3, 168), in the order of the registry.

    `plain` are the weeks of the default model without signals. `has_recent_weeks` tells for each
    site whether enough of its last weeks was observed.
    """

    weeks: dict[str, Floats]
    plain: WeeksAhead
    has_recent_weeks: Flags

    def list_models(self, site: int) -> list[str]:
        """The models that may forecast a site, the preferred one first."""
        is_recent = bool(self.has_recent_weeks[site])
        return [name for name in self.weeks if is_recent or not REGISTRY[name].needs_recent_weeks]

    def of_site(self, name: str, site: int) -> Floats:
        """The week of a model for one site: (measures, 3, 168)."""
        return select_site_rows(self.weeks[name], site)


def select_site_rows(rows: Rows, site: int) -> Rows:
    """The rows of one site."""
    return rows[site * MEASURES : (site + 1) * MEASURES]


def forecast_candidates(
    network: Network,
    sites: Sequence[SiteObservations],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
) -> CandidateForecasts:
    """Forecast sites, of which there is at least one, with every nightly model."""
    history = _concatenate(sites)
    plain = Recent().ahead(history, network.holidays)
    effects = _read_effects(network, sites, history, signals)
    recent = plain.coming
    if effects is not None:
        recent = recent * effects.ratio(effects.since)[:, None]
    night = NightlyInputs(history, network.holidays, recent, trained, effects)
    forecasts = {
        name: entry.nightly(night) for name, entry in REGISTRY.items() if entry.nightly is not None
    }
    observed = compute_observed_share(history.last(WEEKS))[::MEASURES]
    return CandidateForecasts(
        {name: week for name, week in forecasts.items() if week is not None},
        plain,
        observed >= LEAST_VALID,
    )


def _read_effects(
    network: Network,
    sites: Sequence[SiteObservations],
    history: ClockSeries,
    signals: Mapping[str, Signals],
) -> SignalEffects | None:
    of_series = SeriesSignals(
        tuple(signals.get(site.site.id) for site in sites for _ in range(MEASURES))
    )
    return compute_coming_effects(history, network.holidays, of_series) if of_series else None


def _concatenate(sites: Sequence[SiteObservations]) -> ClockSeries:
    series = [site.series for site in sites]
    odd = None
    if any(one.odd is not None for one in series):
        odd = np.concatenate(
            [np.zeros(one.values.shape, bool) if one.odd is None else one.odd for one in series]
        )
    values = np.concatenate([one.values for one in series])
    return ClockSeries(series[0].first_on, values, odd)
