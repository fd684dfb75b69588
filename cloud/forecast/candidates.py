"""What every model that a night has says of the coming week, of many places at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.forecast.effects import ratio
from cloud.forecast.histories import MEASURES
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Trained
from cloud.forecast.models.recent import Recent
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries, Floats
from cloud.forecast.signals import Signals


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
    said = {Recent().name: Recent().week(together, network.holidays)}
    if trained is not None:
        learnt = trained.week(together, network.holidays)
        mixed = Blend().mixed(learnt, said[Recent().name], together)
        said = {Blend().name: mixed, **said}
    for at, place in enumerate(places):
        if place.location in signals:
            times = ratio(place.series, network.holidays, signals[place.location])
            for weeks in said.values():
                weeks[at * MEASURES : (at + 1) * MEASURES] *= times[:, None]
    return said
