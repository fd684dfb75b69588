"""What is known of a network of places: learnt from a sample of them, once a week."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from sqlalchemy import Connection, Engine

from cloud import database
from cloud.estate import Site
from cloud.forecast import histories, store
from cloud.forecast.histories import LOOK_BACK_W, MEASURES
from cloud.forecast.model import version
from cloud.forecast.models.boosted import Boosted, Trained
from cloud.forecast.models.features import LEARNABLE_W
from cloud.forecast.network import Network
from cloud.forecast.outliers import believed
from cloud.forecast.series import ClockSeries
from cloud.forecast.signals import Signals, Told

log = logging.getLogger(__name__)
TAUGHT: Final = 40
"""Series that a network is learnt from, at most."""
STALE: Final = timedelta(days=7)
UNREADABLE: Final = (ValueError, LookupError, TypeError)
"""What a stored model that is damaged raises; LightGBM's own error is a ValueError's kin."""


def trained(
    engine: Engine, network: Network, signals: Mapping[str, Signals], *, now: datetime
) -> Trained | None:
    """What is known of the network, learnt afresh when it is a week old or cannot be read."""
    name = _name(network)
    with database.reading(engine) as connection:
        known = store.stored_model(connection, name)
    if known is not None and now - known[0] < STALE:
        found = _from_text(name, known[1])
        if found is not None:
            return found
    lesson, told = _lesson(engine, network, signals)
    if not told.of:
        return None
    learnt = Boosted(told=told).trained(lesson, network.holidays)
    with database.writing(engine) as connection:
        store.keep_model(connection, name, now, learnt.to_text())
    log.info("forecast.learnt", extra={"network": network.name, "series": len(lesson.values)})
    return learnt


def stored(connection: Connection, network: Network) -> Trained | None:
    """What the last night knew of the network; None without a model or the library for it."""
    name = _name(network)
    known = store.stored_model(connection, name)
    return None if known is None else _from_text(name, known[1])


def _name(network: Network) -> str:
    return f"{network.name} {version(Boosted().name)}"


@lru_cache(maxsize=8)
def _from_text(name: str, written: str) -> Trained | None:
    try:
        return Trained.from_text(written)
    except ModuleNotFoundError:
        log.info("forecast.no_learner", extra={"network": name})
    except UNREADABLE as error:
        log.warning("forecast.bad_model", extra={"network": name, "reason": type(error).__name__})
    return None


def _lesson(
    engine: Engine, network: Network, signals: Mapping[str, Signals]
) -> tuple[ClockSeries, Told]:
    """The series to learn from, and what is told of each.

    A place whose hours cannot be read is left out here; its own forecast says why.
    """
    step = max(1, len(network.sites) * MEASURES // TAUGHT)
    found, told, odd = [np.empty((0, 0))], [], []
    for site in network.sites[::step]:
        series = _series(engine, site, network)
        if series is not None and series.weeks_seen(LOOK_BACK_W) >= LEARNABLE_W:
            found.append(series.values)
            odd.append(np.zeros(series.values.shape, bool) if series.odd is None else series.odd)
            told += [signals.get(site.id)] * MEASURES
    first_on = network.today - timedelta(weeks=LOOK_BACK_W)
    marked = np.concatenate(odd) if odd else None
    return ClockSeries(first_on, np.concatenate(found[1:] or found), marked), Told(tuple(told))


def _series(engine: Engine, site: Site, network: Network) -> ClockSeries | None:
    try:
        with database.reading(engine) as connection:
            found = histories.history(connection, site, network.today)
        return believed(found.series, network.holidays, together=MEASURES).series
    except (ValueError, LookupError, ArithmeticError) as error:
        log.warning("forecast.not_learnt_from", extra={"location": site.id, "reason": str(error)})
        return None
