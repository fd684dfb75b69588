"""All demand models: what backtests compare and the nightly step may choose, with their versions.

To add a model: its module beside this one, an entry here, a test. As in the registry of audience
models, the version goes up when a model would predict the same history differently.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cloud.forecast.retail.models.boosted_demand import BoostedDemand
from cloud.forecast.retail.models.demand_model import DemandModel
from cloud.forecast.retail.models.plain import ChainSlopes, RecentMean, SeriesMean
from cloud.forecast.retail.models.seasonal import Seasonal
from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings

DEFAULT_DEMAND: Final = "shrunk"


@dataclass(frozen=True, slots=True)
class DemandEntry:
    """One model. `is_candidate`: the nightly step may choose it; the others are references."""

    build: Callable[[ShrunkSettings], DemandModel]
    version: int = 1
    is_candidate: bool = True


DEMAND_MODELS: Final[dict[str, DemandEntry]] = {
    "series-mean": DemandEntry(lambda _: SeriesMean(), is_candidate=False),
    "recent-mean": DemandEntry(lambda _: RecentMean(), is_candidate=False),
    "chain-slopes": DemandEntry(lambda _: ChainSlopes()),
    DEFAULT_DEMAND: DemandEntry(Shrunk),
    "seasonal": DemandEntry(lambda settings: Seasonal(Shrunk(replace(settings, season_sd=0)))),
    "boosted": DemandEntry(lambda _: BoostedDemand()),
}


def describe_version(name: str) -> str:
    """A model with its version, as estimates name it: `shrunk-1`."""
    return f"{name}-{DEMAND_MODELS[name].version}"
