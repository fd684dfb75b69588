"""The night's work: score what has come true, learn once a week, forecast every place.

Hard truths. A night that is interrupted is taken up where it stopped: places are forecast in
portions, each its own transaction, and one that has its forecast of the day is left alone. What is
learnt is learnt per calendar of holidays, from a sample of series with more than a year of history;
where there are none, the plain model forecasts alone and nothing is missed.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Engine

from cloud import database
from cloud.estate import Estate, Site
from cloud.forecast import store
from cloud.forecast.days import public_holidays
from cloud.forecast.hours import Measures, read_hours
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted, Trained
from cloud.forecast.models.features import LEARNABLE_W
from cloud.forecast.models.recent import Recent
from cloud.forecast.outlook import LEAST_WEEKS
from cloud.forecast.score import sums, weekly_scale
from cloud.forecast.series import WEEK_H, ClockSeries, clock_series

log = logging.getLogger(__name__)
PORTION: Final = 50
LOOK_BACK_W: Final = 170
SCORED_BY_W: Final = 54
TAUGHT: Final = 60
"""Series that a network is learnt from, at most."""
STALE: Final = timedelta(days=7)
LATE_DATA: Final = timedelta(days=1)
MEASURES: Final = len(Measures._fields)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Night:
    """What was done."""

    scored: int
    learnt: int
    forecast: int
    left_out: int
    """Places with less than two weeks of hours, which the API takes for their kind of venue."""


@dataclass(frozen=True, slots=True)
class Network:
    """Places that share a calendar and a local day."""

    name: str
    today: date
    sites: tuple[Site, ...]
    holidays: frozenset[date]


def run(
    engine: Engine, estate: Estate, *, now: datetime, learn: bool = True, progress: Progress
) -> Night:
    """Do the whole night's work."""
    scored = learnt = made = left_out = 0
    for network in networks(estate, now):
        scored += _score(engine, network)
        trained = _trained(engine, network, now=now) if learn else None
        learnt += trained is not None
        for done, (kept, skipped) in enumerate(_portions(engine, network, trained, now=now), 1):
            made, left_out = made + kept, left_out + skipped
            progress(network.name, min(done * PORTION, len(network.sites)), len(network.sites))
    return Night(scored, learnt, made, left_out)


def networks(estate: Estate, now: datetime) -> Iterator[Network]:
    """The estate by calendar and local day."""
    groups: dict[tuple[str, date], list[Site]] = {}
    for site in estate:
        today = now.astimezone(site.zone).date()
        groups.setdefault((site.holidays or "none", today), []).append(site)
    for (code, today), sites in groups.items():
        years = (today.year - 4, today.year + 1)
        holidays = public_holidays(None if code == "none" else code, *years)
        yield Network(code, today, tuple(sites), holidays)


def _score(engine: Engine, network: Network) -> int:
    count = 0
    before = network.today - timedelta(days=7) - LATE_DATA
    for site in network.sites:
        with database.reading(engine) as connection:
            waiting = store.unscored(connection, site.id, before)
        for week in waiting:
            history = _history(engine, site, week.first_on + timedelta(days=7), SCORED_BY_W)
            truth = history.values[:, -WEEK_H:]
            scale = weekly_scale(history.values[:, :-WEEK_H])
            with database.writing(engine) as connection:
                store.keep_scores(connection, week, sums(truth, week.week, scale))
            count += 1
    return count


def _history(engine: Engine, site: Site, ends_on: date, weeks: int = LOOK_BACK_W) -> ClockSeries:
    """The hours of a site on its local clock, always so many weeks of them."""
    first_on = ends_on - timedelta(weeks=weeks)
    stretch = {"since_at": _midnight(first_on, site), "until_at": _midnight(ends_on, site)}
    with database.reading(engine) as connection:
        hours = read_hours(connection, site.id, **stretch).shapely()
    series = clock_series(hours.on_clock(site.zone), hours.full, ends_on=ends_on)
    return ClockSeries(first_on, series.last(weeks).reshape(MEASURES, -1))


def _midnight(day: date, site: Site) -> datetime:
    return datetime.combine(day, datetime.min.time(), site.zone)


def _trained(engine: Engine, network: Network, *, now: datetime) -> Trained | None:
    """What is known of the network, learnt afresh when it is a week old."""
    with database.reading(engine) as connection:
        known = store.stored_model(connection, network.name)
    if known is not None and now - known[0] < STALE:
        return Trained.from_text(json.loads(known[1]))
    lesson = _lesson(engine, network)
    if lesson is None:
        return None
    trained = Boosted().trained(lesson, network.holidays)
    with database.writing(engine) as connection:
        store.keep_model(connection, network.name, now, json.dumps(trained.to_text()))
    log.info("forecast.learnt", extra={"network": network.name, "series": len(lesson.values)})
    return trained


def _lesson(engine: Engine, network: Network) -> ClockSeries | None:
    step = max(1, len(network.sites) * MEASURES // TAUGHT)
    found = []
    for site in network.sites[::step]:
        history = _history(engine, site, network.today)
        if history.weeks_seen(LOOK_BACK_W) >= LEARNABLE_W:
            found.append(history.values)
    if not found:
        return None
    first_on = network.today - timedelta(weeks=LOOK_BACK_W)
    return ClockSeries(first_on, np.concatenate(found))


def _portions(
    engine: Engine, network: Network, trained: Trained | None, *, now: datetime
) -> Iterator[tuple[int, int]]:
    with database.reading(engine) as connection:
        done = store.places_done(connection, network.today)
    for start in range(0, len(network.sites), PORTION):
        sites = [one for one in network.sites[start : start + PORTION] if one.id not in done]
        histories = [_history(engine, site, network.today) for site in sites]
        ready = [
            (site, history)
            for site, history in zip(sites, histories, strict=True)
            if history.weeks_seen(Recent().weeks) >= LEAST_WEEKS
        ]
        weeks = _weeks(network, ready, trained, now=now)
        with database.writing(engine) as connection:
            store.keep_weeks(connection, weeks)
        yield len(ready), len(sites) - len(ready)


def _weeks(
    network: Network,
    ready: Sequence[tuple[Site, ClockSeries]],
    trained: Trained | None,
    *,
    now: datetime,
) -> list[store.StoredWeek]:
    if not ready:
        return []
    together = ClockSeries(
        ready[0][1].first_on, np.concatenate([history.values for _, history in ready])
    )
    model = Recent() if trained is None else Blend(one=trained)
    week = model.week(together, network.holidays)
    cutoff_at = min(now, *(_midnight(network.today, site) for site, _ in ready))
    return [
        store.StoredWeek(
            location=site.id,
            first_on=network.today,
            model=f"{model.name}-1",
            made_at=now,
            cutoff_at=cutoff_at,
            week=week[at * MEASURES : (at + 1) * MEASURES],
        )
        for at, (site, _) in enumerate(ready)
    ]
