"""Train the model of a network from a sample of its sites, once a week."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from sqlalchemy import Connection, Engine

from cloud import database
from cloud.forecast import store
from cloud.forecast.history import history_store
from cloud.forecast.history.history_store import LOOK_BACK_W, MEASURES
from cloud.forecast.history.outliers import exclude_outliers
from cloud.forecast.models.boosted import Boosted, TrainedModel
from cloud.forecast.models.features import LEARNABLE_W
from cloud.forecast.models.registry import model_version
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries
from cloud.forecast.signals import SeriesSignals, Signals
from cloud.sites.site_model import Site

log = logging.getLogger(__name__)
TRAINED_SERIES: Final = 40
"""A larger network is trained on every n-th site: on this many series, at most twice as many."""
STALE: Final = timedelta(days=7)
UNREADABLE: Final = (ValueError, LookupError, TypeError)
"""Errors of a damaged stored model; LightGBM's own error is a subclass of ValueError."""


def train_if_due(
    engine: Engine, network: Network, signals: Mapping[str, Signals], *, now: datetime
) -> TrainedModel | None:
    """The model of the network, trained again when it is a week old or cannot be read."""
    name = _name(network)
    with database.reading(engine) as connection:
        stored = store.read_model(connection, name)
    if stored is not None and now - stored[0] < STALE:
        found = _from_text(name, stored[1])
        if found is not None:
            return found
    history, of_series = _training_series(engine, network, signals)
    if not of_series.of:
        return None
    learnt = Boosted(series_signals=of_series).trained(history, network.holidays)
    with database.writing(engine) as connection:
        store.store_model(connection, name, now, learnt.to_text())
    log.info("forecast.trained", extra={"network": network.name, "series": len(history.values)})
    return learnt


def read_trained(connection: Connection, network: Network) -> TrainedModel | None:
    """The stored model of the network; None without a model or the library for it."""
    name = _name(network)
    stored = store.read_model(connection, name)
    return None if stored is None else _from_text(name, stored[1])


def _name(network: Network) -> str:
    return f"{network.name} {model_version(Boosted().name)}"


@lru_cache(maxsize=8)
def _from_text(name: str, written: str) -> TrainedModel | None:
    try:
        return TrainedModel.from_text(written)
    except ModuleNotFoundError:
        log.info("forecast.no_lightgbm", extra={"network": name})
    except UNREADABLE as error:
        log.warning("forecast.bad_model", extra={"network": name, "reason": type(error).__name__})
    return None


def _training_series(
    engine: Engine, network: Network, signals: Mapping[str, Signals]
) -> tuple[ClockSeries, SeriesSignals]:
    """The series to train on, and the signals of each.

    A site whose hours cannot be read is skipped here; its own forecast reports the error.
    """
    step = max(1, len(network.sites) * MEASURES // TRAINED_SERIES)
    found, of_series, odd = [np.empty((0, 0))], [], []
    for site in network.sites[::step]:
        series = _series(engine, site, network)
        if series is not None and series.weeks_observed(LOOK_BACK_W) >= LEARNABLE_W:
            found.append(series.values)
            odd.append(np.zeros(series.values.shape, bool) if series.odd is None else series.odd)
            of_series += [signals.get(site.id)] * MEASURES
    first_on = network.today - timedelta(weeks=LOOK_BACK_W)
    marked = np.concatenate(odd) if odd else None
    return ClockSeries(first_on, np.concatenate(found[1:] or found), marked), SeriesSignals(
        tuple(of_series)
    )


def _series(engine: Engine, site: Site, network: Network) -> ClockSeries | None:
    try:
        with database.reading(engine) as connection:
            found = history_store.read_history(connection, site, network.today)
        return exclude_outliers(found.series, network.holidays, together=MEASURES).series
    except (ValueError, LookupError, ArithmeticError) as error:
        log.warning(
            "forecast.site_not_trained_on", extra={"location": site.id, "reason": str(error)}
        )
        return None
