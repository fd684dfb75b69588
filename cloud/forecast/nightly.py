"""The night's work: score what has come true, learn once a week, forecast every place.

A night that is interrupted is taken up where it stopped: places are forecast in portions, each its
own transaction, and one that has its forecast of the day is left alone. What is learnt is learnt
per calendar of holidays, from a sample of series with more than a year of history; where there are
none, the plain model forecasts alone and nothing is missed. Where something has been learnt both
forecast, and each place gets the one that has done best there.

A place that fails is left out by name and stops no other: its portion is then made place by place.
An error of the database as a whole ends the night, since it would fail every place.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from cloud import database
from cloud.estate import Estate, Site
from cloud.forecast import forecaster, histories, learning, store, trials
from cloud.forecast.clocks import Zones, forget_other_clocks
from cloud.forecast.histories import History
from cloud.forecast.mix import Mix, mix
from cloud.forecast.mix import keep as keep_mix
from cloud.forecast.models.boosted import Trained
from cloud.forecast.network import Failure, Network, networks
from cloud.forecast.observed import Observed
from cloud.forecast.score import Sums, sums, weekly_scale
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import Signals

log = logging.getLogger(__name__)
PORTION: Final = 50
LATE_DATA: Final = timedelta(days=1)
NO_SIGNALS: Final[Mapping[str, Signals]] = MappingProxyType({})
DATED: Final = (store.forecast_weeks, trials.forecast_rivals, trials.forecast_trials)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Stale:
    """A place whose newest observation is a week old or older when it is forecast."""

    location: str
    newest_at: datetime
    age_days: int


@dataclass(frozen=True, slots=True)
class Night:
    """What was done."""

    scored: int = 0
    learnt: int = 0
    forecast: int = 0
    left_out: int = 0
    """Places with less than two weeks of hours, which the API takes for their kind of venue."""
    failed: tuple[Failure, ...] = ()
    """Places without a forecast because of an error."""
    stale: tuple[Stale, ...] = ()

    def __add__(self, other: "Night") -> "Night":
        return Night(*(getattr(self, one) + getattr(other, one) for one in self.__slots__))


@dataclass(frozen=True, slots=True)
class Known:
    """What is read of a place."""

    place: Observed
    history: History
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
    found, failed = networks(estate, now)
    night = Night(failed=tuple(failed))
    for network in found:
        trained = _trained(engine, network, signals, now=now) if learn else None
        night += Night(learnt=int(trained is not None))
        for done, portion in _portions(engine, network):
            night += _isolated(engine, network, portion, trained, signals, now=now)
            progress(network.name, done, len(network.sites))
    return night


def _trained(
    engine: Engine, network: Network, signals: Mapping[str, Signals], *, now: datetime
) -> Trained | None:
    """What is known of the network; when learning fails, the plain model forecasts alone."""
    try:
        return learning.trained(engine, network, signals, now=now)
    except OperationalError:
        raise
    except Exception:  # a library's error of any kind
        log.exception("forecast.not_learnt", extra={"network": network.name})
        return None


def _portions(engine: Engine, network: Network) -> Iterator[tuple[int, list[Site]]]:
    with database.reading(engine) as connection:
        done = store.places_done(connection, network.today, zones_of(network.sites))
    for start in range(0, len(network.sites), PORTION):
        sites = network.sites[start : start + PORTION]
        yield start + len(sites), [site for site in sites if site.id not in done]


def zones_of(sites: Sequence[Site]) -> Zones:
    """The clock of each site."""
    return {site.id: site.timezone for site in sites}


def _isolated(
    engine: Engine,
    network: Network,
    sites: list[Site],
    trained: Trained | None,
    signals: Mapping[str, Signals],
    *,
    now: datetime,
) -> Night:
    """A portion; if it fails, each of its places for itself."""
    try:
        return _portion(engine, network, sites, trained, signals, now=now)
    except OperationalError:
        raise
    except Exception as error:  # whatever one place's rows or a model may raise
        if len(sites) == 1:
            log.exception("forecast.place_failed", extra={"location": sites[0].id})
            return Night(failed=(Failure(sites[0].id, f"{type(error).__name__}: {error}"[:300]),))
    alone = (_isolated(engine, network, [one], trained, signals, now=now) for one in sites)
    return sum(alone, Night())


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
    names, zones = [site.id for site in sites], zones_of(sites)
    with database.reading(engine) as connection:
        known = [_known(connection, site, network) for site in sites]
        places = [one.place for one in known]
        histories_of: dict[str, ClockSeries] = {one.site.id: one.series for one in places}
        waiting = store.unscored(connection, names, before)
        turned_out = trials.judged(connection, histories_of, before, zones)
        standings = trials.standings(connection, names, network.today, zones)
    ready = [place for place in places if forecaster.has_enough(place)]
    made = forecaster.make(network, ready, trained, signals, standings, now=now)
    scores = list(_scores(waiting, histories_of, zones))
    with database.writing(engine) as connection:
        forget_other_clocks(connection, DATED, zones, before)
        for one in known:
            if one.mix is not None:
                keep_mix(connection, one.place.site, one.mix)
        store.keep_scores(connection, scores)
        trials.settle(connection, names, before, turned_out)
        trials.keep(connection, network.today, made.rivals, zones)
        read = {one.place.site.id: one for one in known if one.history.is_new}
        histories.keep(
            connection, {name: (one.place.site, one.history) for name, one in read.items()}
        )
        store.keep_weeks(connection, made.weeks)
    return Night(
        scored=len(scores),
        forecast=len(ready),
        left_out=len(known) - len(ready),
        stale=tuple(_stale(ready, network, now)),
    )


def _known(connection: Connection, site: Site, network: Network) -> Known:
    found = histories.history(connection, site, network.today)
    made = mix(connection, site, network.today, network.holidays) if found.is_new else None
    return Known(Observed.of(site, found, network.holidays), found, made)


def _stale(places: list[Observed], network: Network, now: datetime) -> Iterator[Stale]:
    for place in places:
        if place.age_weeks and place.newest_at is not None:
            stale = Stale(place.site.id, place.newest_at, (now - place.newest_at).days)
            log.warning(
                "forecast.stale",
                extra={"location": stale.location, "age_days": stale.age_days},
            )
            yield stale


def _scores(
    waiting: list[store.StoredWeek], histories_of: Mapping[str, ClockSeries], zones: Zones
) -> Iterator[tuple[store.StoredWeek, Sums]]:
    """How what was said has turned out; what was said on another clock has no truth."""
    for week in waiting:
        series = histories_of[week.location]
        start = (week.first_on - series.first_on).days * 24
        if start > 0 and week.zone in (None, zones[week.location]):
            truth = series.values[:, start : start + WEEK_H]
            yield week, sums(truth, week.week, weekly_scale(series.values[:, :start]))
