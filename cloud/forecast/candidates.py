"""What every model that a night has says of the coming week, of many places at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from cloud.forecast.histories import MEASURES
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Trained
from cloud.forecast.models.effects import coming
from cloud.forecast.models.features import LEAST_VALID, observed_share
from cloud.forecast.models.recent import Ahead, Recent
from cloud.forecast.network import Network
from cloud.forecast.observed import Observed
from cloud.forecast.series import ClockSeries, Flags, Floats
from cloud.forecast.signals import Signals, Told
from cloud.forecast.weekly import WEEKS

Rows = TypeVar("Rows", Floats, Flags)
RECENT: Final = Recent().name


@dataclass(frozen=True, slots=True)
class Candidates:
    """What each model says: model -> (places x measures, 3, 168), the usual choice first.

    `plain` is what `recent` says without signals; `lately` says for each place whether enough of
    its last weeks was observed for a learner.
    """

    said: dict[str, Floats]
    plain: Ahead
    lately: Flags

    def names(self, place: int) -> list[str]:
        """The models that may forecast a place, the usual choice first."""
        return list(self.said) if self.lately[place] else [RECENT]

    def of_place(self, name: str, place: int) -> Floats:
        """What a model says of a place: (measures, 3, 168)."""
        return of_place(self.said[name], place)


def of_place(rows: Rows, place: int) -> Rows:
    """The rows of one place."""
    return rows[place * MEASURES : (place + 1) * MEASURES]


def candidates(
    network: Network,
    places: Sequence[Observed],
    trained: Trained | None,
    signals: Mapping[str, Signals],
) -> Candidates:
    """What the models say of places, of which there is at least one."""
    together = _together(places)
    told = Told(tuple(signals.get(place.site.id) for place in places for _ in range(MEASURES)))
    plain = Recent().ahead(together, network.holidays)
    recent = plain.coming
    signalled = coming(together, network.holidays, told) if told else None
    if signalled is not None:
        recent = recent * signalled.ratio(signalled.since)[:, None]
    lately = observed_share(together.last(WEEKS))[::MEASURES] >= LEAST_VALID
    if trained is None:
        return Candidates({RECENT: recent}, plain, lately)
    learnt = trained.week(together, network.holidays, signalled)
    mixed = Blend().mixed(learnt, recent, together, network.holidays)
    return Candidates({Blend().name: mixed, RECENT: recent}, plain, lately)


def _together(places: Sequence[Observed]) -> ClockSeries:
    series = [place.series for place in places]
    odd = None
    if any(one.odd is not None for one in series):
        odd = np.concatenate(
            [np.zeros(one.values.shape, bool) if one.odd is None else one.odd for one in series]
        )
    values = np.concatenate([one.values for one in series])
    return ClockSeries(series[0].first_on, values, odd)
