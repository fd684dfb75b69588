"""The night's work: score what has come true, learn once a week, forecast every place.

Hard truths. A night that is interrupted is taken up where it stopped: places are forecast in
portions, each its own transaction, and one that has its forecast of the day is left alone. What is
learnt is learnt per calendar of holidays, from a sample of series with more than a year of history;
where there are none, the plain model forecasts alone and nothing is missed. Where something has
been learnt both forecast, and each place gets the one that has done best there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.estate import Estate, Site
from cloud.forecast import histories, learning, store, trials
from cloud.forecast.candidates import Place, candidates
from cloud.forecast.guard import guarded, widened
from cloud.forecast.histories import MEASURES, midnight
from cloud.forecast.mix import Mix, mix
from cloud.forecast.mix import keep as keep_mix
from cloud.forecast.model import version
from cloud.forecast.models.boosted import Trained
from cloud.forecast.models.recent import Recent
from cloud.forecast.network import Network, networks
from cloud.forecast.outlook import LEAST_WEEKS
from cloud.forecast.score import Sums, sums, weekly_scale
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.forecast.signals import Signals

PORTION: Final = 50
LATE_DATA: Final = timedelta(days=1)
NO_SIGNALS: Final[Mapping[str, Signals]] = MappingProxyType({})

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Night:
    """What was done."""

    scored: int = 0
    learnt: int = 0
    forecast: int = 0
    left_out: int = 0
    """Places with less than two weeks of hours, which the API takes for their kind of venue."""

    def __add__(self, other: "Night") -> "Night":
        return Night(*(getattr(self, one) + getattr(other, one) for one in self.__slots__))


@dataclass(frozen=True, slots=True)
class Known:
    """What is read of a place."""

    site: Site
    series: ClockSeries
    is_new: bool
    mix: Mix | None
    """Made with every full reading."""


def run(
    engine: Engine,
    estate: Estate,
    *,
    now: datetime,
    learn: bool = True,
    signals: Mapping[str, Signals] = NO_SIGNALS,
    progress: Progress,
) -> Night:
    """Do the whole night's work; `signals` are those of the places that have any."""
    night = Night()
    for network in networks(estate, now):
        trained = learning.trained(engine, network, signals, now=now) if learn else None
        night += Night(learnt=int(trained is not None))
        for done, portion in _portions(engine, network):
            night += _portion(engine, network, portion, trained, signals, now=now)
            progress(network.name, done, len(network.sites))
    return night


def _portions(engine: Engine, network: Network) -> Iterator[tuple[int, list[Site]]]:
    with database.reading(engine) as connection:
        done = store.places_done(connection, network.today)
    for start in range(0, len(network.sites), PORTION):
        sites = network.sites[start : start + PORTION]
        yield start + len(sites), [site for site in sites if site.id not in done]


def _portion(
    engine: Engine,
    network: Network,
    sites: list[Site],
    trained: Trained | None,
    signals: Mapping[str, Signals],
    *,
    now: datetime,
) -> Night:
    before = network.today - timedelta(days=7) - LATE_DATA
    with database.reading(engine) as connection:
        known = [_known(connection, site, network) for site in sites]
        names = [site.id for site in sites]
        histories_of: dict[str, ClockSeries] = {one.site.id: one.series for one in known}
        waiting = store.unscored(connection, names, before)
        turned_out = trials.judged(connection, histories_of, before)
        standings = trials.standings(connection, names, network.today)
    ready = [one for one in known if one.series.weeks_seen(Recent().weeks) >= LEAST_WEEKS]
    places = [Place(one.site.id, one.series) for one in ready]
    said = candidates(network, places, trained, signals)
    weeks = list(_chosen(network, ready, said, standings, now=now))
    scores = list(_scores(waiting, histories_of))
    with database.writing(engine) as connection:
        for one in known:
            if one.mix is not None:
                keep_mix(connection, one.site.id, one.mix)
        store.keep_scores(connection, scores)
        trials.settle(connection, names, before, turned_out)
        trials.keep(connection, network.today, _by_place(ready, said))
        histories.keep(connection, {one.site.id: one.series for one in known if one.is_new})
        store.keep_weeks(connection, weeks)
    return Night(scored=len(scores), forecast=len(ready), left_out=len(known) - len(ready))


def _known(connection: Connection, site: Site, network: Network) -> Known:
    series, is_new = histories.history(connection, site, network.today)
    made = mix(connection, site, network.today, network.holidays) if is_new else None
    return Known(site, series, is_new, made)


def _scores(
    waiting: list[store.StoredWeek], histories_of: Mapping[str, ClockSeries]
) -> Iterator[tuple[store.StoredWeek, Sums]]:
    for week in waiting:
        series = histories_of[week.location]
        start = (week.first_on - series.first_on).days * 24
        if start > 0:
            truth = series.values[:, start : start + WEEK_H]
            yield week, sums(truth, week.week, weekly_scale(series.values[:, :start]))


def _by_place(ready: list[Known], said: Mapping[str, Floats]) -> dict[str, dict[str, Floats]]:
    return {
        version(name): {one.site.id: _of_place(weeks, at) for at, one in enumerate(ready)}
        for name, weeks in said.items()
    }


def _of_place(weeks: Floats, at: int) -> Floats:
    return weeks[at * MEASURES : (at + 1) * MEASURES]


def _chosen(
    network: Network,
    ready: list[Known],
    said: Mapping[str, Floats],
    standings: Mapping[str, Mapping[str, trials.Standing]],
    *,
    now: datetime,
) -> Iterator[store.StoredWeek]:
    for at, one in enumerate(ready):
        of_place = standings.get(one.site.id, {})
        standing = {name: of_place[version(name)] for name in said if version(name) in of_place}
        name = trials.choice(standing, next(iter(said)))
        times = standing[name].widening if name in standing else 1.0
        yield store.StoredWeek(
            location=one.site.id,
            first_on=network.today,
            model=version(name),
            made_at=now,
            cutoff_at=min(now, midnight(network.today, one.site)),
            week=guarded(widened(_of_place(said[name], at), times), one.series),
        )
