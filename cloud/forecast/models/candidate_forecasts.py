"""What every model that a night has says of the coming week, of many places at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from cloud.forecast.history.history_store import MEASURES
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.models.features import LEAST_VALID, compute_observed_share
from cloud.forecast.models.recent import Recent, WeeksAhead
from cloud.forecast.models.signal_effects import compute_coming_effects
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries, Flags, Floats
from cloud.forecast.signals import SeriesSignals, Signals
from cloud.forecast.weekly import WEEKS

Rows = TypeVar("Rows", Floats, Flags)
RECENT: Final = Recent().name


@dataclass(frozen=True, slots=True)
class CandidateForecasts:
    """What each model says: model -> (places x measures, 3, 168), the usual choice first.

    `plain` is what `recent` says without signals; `lately` says for each place whether enough of
    its last weeks was observed for a learner.
    """

    said: dict[str, Floats]
    plain: WeeksAhead
    lately: Flags

    def names(self, place: int) -> list[str]:
        """The models that may forecast a place, the usual choice first."""
        return list(self.said) if self.lately[place] else [RECENT]

    def of_place(self, name: str, place: int) -> Floats:
        """What a model says of a place: (measures, 3, 168)."""
        return select_site_rows(self.said[name], place)


def select_site_rows(rows: Rows, place: int) -> Rows:
    """The rows of one place."""
    return rows[place * MEASURES : (place + 1) * MEASURES]


def forecast_candidates(
    network: Network,
    places: Sequence[SiteObservations],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
) -> CandidateForecasts:
    """What the models say of places, of which there is at least one."""
    together = _together(places)
    told = SeriesSignals(
        tuple(signals.get(place.site.id) for place in places for _ in range(MEASURES))
    )
    plain = Recent().ahead(together, network.holidays)
    recent = plain.coming
    signalled = compute_coming_effects(together, network.holidays, told) if told else None
    if signalled is not None:
        recent = recent * signalled.ratio(signalled.since)[:, None]
    lately = compute_observed_share(together.last(WEEKS))[::MEASURES] >= LEAST_VALID
    if trained is None:
        return CandidateForecasts({RECENT: recent}, plain, lately)
    learnt = trained.week(together, network.holidays, signalled)
    mixed = Blend().mixed(learnt, recent, together, network.holidays)
    return CandidateForecasts({Blend().name: mixed, RECENT: recent}, plain, lately)


def _together(places: Sequence[SiteObservations]) -> ClockSeries:
    series = [place.series for place in places]
    odd = None
    if any(one.odd is not None for one in series):
        odd = np.concatenate(
            [np.zeros(one.values.shape, bool) if one.odd is None else one.odd for one in series]
        )
    values = np.concatenate([one.values for one in series])
    return ClockSeries(series[0].first_on, values, odd)
