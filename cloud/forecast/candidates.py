"""What every model that a night has says of the coming week, of many places at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.forecast.histories import MEASURES
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Trained
from cloud.forecast.models.effects import coming
from cloud.forecast.models.recent import Recent
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries, Floats
from cloud.forecast.signals import Signals, Told


@dataclass(frozen=True, slots=True)
class Place:
    """A location and the hours of all its measures."""

    location: str
    series: ClockSeries


def candidates(
    network: Network,
    places: Sequence[Place],
    trained: Trained | None,
    signals: Mapping[str, Signals],
) -> dict[str, Floats]:
    """Model -> (places x measures, 3, 168), the usual one first; none for no places."""
    if not places:
        return {}
    together = ClockSeries(
        places[0].series.first_on, np.concatenate([place.series.values for place in places])
    )
    told = Told(tuple(signals.get(place.location) for place in places for _ in range(MEASURES)))
    recent = Recent().week(together, network.holidays)
    said = coming(together, network.holidays, told) if told else None
    if said is not None:
        recent *= said.ratio(said.since)[:, None]
    if trained is None:
        return {Recent().name: recent}
    learnt = trained.week(together, network.holidays, said)
    return {Blend().name: Blend().mixed(learnt, recent, together), Recent().name: recent}
