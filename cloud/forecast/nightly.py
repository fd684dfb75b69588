"""The nightly run: forecast every site, store the forecasts, score those whose week is over.

Where a model has been trained, every nightly model of the registry forecasts and each site gets the
one with the best score there; else the default model forecasts alone.

A site that fails is skipped and named, and stops no other: its batch is then forecast site by site.
An error of the database as a whole ends the run, since every site would fail.
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
from cloud.forecast import store, training, week_forecasts
from cloud.forecast.history import history_store
from cloud.forecast.history.history_store import SiteHistory
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.history.time_zones import Zones, delete_other_zones
from cloud.forecast.models import model_selection
from cloud.forecast.models.boosted import TrainedModel
from cloud.forecast.network import Network, SiteFailure, build_networks
from cloud.forecast.scores import ScoreSums, compute_scores, compute_weekly_scale
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import Signals
from cloud.forecast.visitors.visitor_mix import (
    VisitorMix,
    compute_visitor_mix,
    store_visitor_mix,
)
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

log = logging.getLogger(__name__)
BATCH_SITES: Final = 50
LATE_DATA: Final = timedelta(days=1)
NO_SIGNALS: Final[Mapping[str, Signals]] = MappingProxyType({})
DATED: Final = (store.forecast_weeks, model_selection.candidate_weeks, model_selection.model_scores)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class StaleSite:
    """A site whose newest observation is a week old or older when it is forecast."""

    location: str
    newest_at: datetime
    age_days: int


@dataclass(frozen=True, slots=True)
class NightlyResult:
    """The counts and names of a nightly run."""

    scored: int = 0
    learnt: int = 0
    forecast: int = 0
    left_out: int = 0
    """Sites with less than two weeks of hours, which the API forecasts from their kind of venue."""
    failed: tuple[SiteFailure, ...] = ()
    """Sites without a forecast because of an error."""
    stale: tuple[StaleSite, ...] = ()

    def __add__(self, other: "NightlyResult") -> "NightlyResult":
        return NightlyResult(*(getattr(self, one) + getattr(other, one) for one in self.__slots__))


@dataclass(frozen=True, slots=True)
class SiteInputs:
    """The inputs of a site."""

    place: SiteObservations
    history: SiteHistory
    mix: VisitorMix | None
    """Made with every full reading."""


def run(
    engine: Engine,
    sites: Sites,
    *,
    now: datetime,
    learn: bool = True,
    signals: Mapping[str, Signals] = NO_SIGNALS,
    progress: Progress,
) -> NightlyResult:
    """Forecast all sites; `signals` are those of the sites that have any."""
    found, failed = build_networks(sites, now)
    night = NightlyResult(failed=tuple(failed))
    for network in found:
        trained = _trained(engine, network, signals, now=now) if learn else None
        night += NightlyResult(learnt=int(trained is not None))
        for done, batch in _batches(engine, network):
            night += _isolated(engine, network, batch, trained, signals, now=now)
            progress(network.name, done, len(network.sites))
    return night


def _trained(
    engine: Engine, network: Network, signals: Mapping[str, Signals], *, now: datetime
) -> TrainedModel | None:
    """The trained model of the network; when training fails, the default model forecasts alone."""
    try:
        return training.train_if_due(engine, network, signals, now=now)
    except OperationalError:
        raise
    except Exception:  # a library's error of any kind
        log.exception("forecast.training_failed", extra={"network": network.name})
        return None


def _batches(engine: Engine, network: Network) -> Iterator[tuple[int, list[Site]]]:
    with database.reading(engine) as connection:
        done = store.list_sites_done(connection, network.today, list_zones(network.sites))
    for start in range(0, len(network.sites), BATCH_SITES):
        sites = network.sites[start : start + BATCH_SITES]
        yield start + len(sites), [site for site in sites if site.id not in done]


def list_zones(sites: Sequence[Site]) -> Zones:
    """The clock of each site."""
    return {site.id: site.timezone for site in sites}


def _isolated(
    engine: Engine,
    network: Network,
    sites: list[Site],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
    *,
    now: datetime,
) -> NightlyResult:
    """A batch; if it fails, each of its sites alone."""
    try:
        return _batch(engine, network, sites, trained, signals, now=now)
    except OperationalError:
        raise
    except Exception as error:  # whatever one site's rows or a model may raise
        if len(sites) == 1:
            log.exception("forecast.site_failed", extra={"location": sites[0].id})
            return NightlyResult(
                failed=(SiteFailure(sites[0].id, f"{type(error).__name__}: {error}"[:300]),)
            )
    alone = (_isolated(engine, network, [one], trained, signals, now=now) for one in sites)
    return sum(alone, NightlyResult())


def _batch(
    engine: Engine,
    network: Network,
    sites: list[Site],
    trained: TrainedModel | None,
    signals: Mapping[str, Signals],
    *,
    now: datetime,
) -> NightlyResult:
    before = network.today - timedelta(days=7) - LATE_DATA
    names, zones = [site.id for site in sites], list_zones(sites)
    with database.reading(engine) as connection:
        known = [_read_inputs(connection, site, network) for site in sites]
        places = [one.place for one in known]
        histories_of: dict[str, ClockSeries] = {one.site.id: one.series for one in places}
        waiting = store.read_unscored_weeks(connection, names, before)
        scored_candidates = model_selection.score_candidates(
            connection, histories_of, before, zones
        )
        standings = model_selection.read_model_scores(connection, names, network.today, zones)
    ready = [place for place in places if week_forecasts.has_enough_weeks(place)]
    made = week_forecasts.build_week_forecasts(network, ready, trained, signals, standings, now=now)
    scores = list(_scores(waiting, histories_of, zones))
    with database.writing(engine) as connection:
        delete_other_zones(connection, DATED, zones, before)
        for one in known:
            if one.mix is not None:
                store_visitor_mix(connection, one.place.site, one.mix)
        store.store_scores(connection, scores)
        model_selection.store_model_scores(connection, names, before, scored_candidates)
        model_selection.store_candidates(connection, network.today, made.candidate_weeks, zones)
        read = {one.place.site.id: one for one in known if one.history.is_new}
        history_store.store_histories(
            connection, {name: (one.place.site, one.history) for name, one in read.items()}
        )
        store.store_weeks(connection, made.weeks)
    return NightlyResult(
        scored=len(scores),
        forecast=len(ready),
        left_out=len(known) - len(ready),
        stale=tuple(_stale(ready, network, now)),
    )


def _read_inputs(connection: Connection, site: Site, network: Network) -> SiteInputs:
    found = history_store.read_history(connection, site, network.today)
    made = (
        compute_visitor_mix(connection, site, network.today, network.holidays)
        if found.is_new
        else None
    )
    return SiteInputs(SiteObservations.of(site, found, network.holidays), found, made)


def _stale(places: list[SiteObservations], network: Network, now: datetime) -> Iterator[StaleSite]:
    for place in places:
        if place.age_weeks and place.newest_at is not None:
            stale = StaleSite(place.site.id, place.newest_at, (now - place.newest_at).days)
            log.warning(
                "forecast.stale",
                extra={"location": stale.location, "age_days": stale.age_days},
            )
            yield stale


def _scores(
    waiting: list[store.StoredWeek], histories_of: Mapping[str, ClockSeries], zones: Zones
) -> Iterator[tuple[store.StoredWeek, ScoreSums]]:
    """Score past forecasts; one of another time zone has no true counts."""
    for week in waiting:
        series = histories_of[week.location]
        start = (week.first_on - series.first_on).days * 24
        if start > 0 and week.zone in (None, zones[week.location]):
            truth = series.values[:, start : start + WEEK_H]
            yield (
                week,
                compute_scores(truth, week.week, compute_weekly_scale(series.values[:, :start])),
            )
