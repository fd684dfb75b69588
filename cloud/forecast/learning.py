"""What is known of a network of places: learnt from a sample of them, once a week."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Engine

from cloud import database
from cloud.forecast import histories, store
from cloud.forecast.histories import LOOK_BACK_W, MEASURES
from cloud.forecast.model import version
from cloud.forecast.models.boosted import Boosted, Trained
from cloud.forecast.models.features import LEARNABLE_W
from cloud.forecast.network import Network
from cloud.forecast.series import ClockSeries
from cloud.forecast.signals import Signals, Told

log = logging.getLogger(__name__)
TAUGHT: Final = 40
"""Series that a network is learnt from, at most."""
STALE: Final = timedelta(days=7)


def trained(
    engine: Engine, network: Network, signals: Mapping[str, Signals], *, now: datetime
) -> Trained | None:
    """What is known of the network, learnt afresh when it is a week old."""
    name = f"{network.name} {version(Boosted().name)}"
    with database.reading(engine) as connection:
        known = store.stored_model(connection, name)
    if known is not None and now - known[0] < STALE:
        return Trained.from_text(known[1])
    lesson, told = _lesson(engine, network, signals)
    if not told.of:
        return None
    learnt = Boosted(told=told).trained(lesson, network.holidays)
    with database.writing(engine) as connection:
        store.keep_model(connection, name, now, learnt.to_text())
    log.info("forecast.learnt", extra={"network": network.name, "series": len(lesson.values)})
    return learnt


def _lesson(
    engine: Engine, network: Network, signals: Mapping[str, Signals]
) -> tuple[ClockSeries, Told]:
    """The series to learn from, and what is told of each."""
    step = max(1, len(network.sites) * MEASURES // TAUGHT)
    found, told = [np.empty((0, 0))], []
    for site in network.sites[::step]:
        with database.reading(engine) as connection:
            series, _ = histories.history(connection, site, network.today)
        if series.weeks_seen(LOOK_BACK_W) >= LEARNABLE_W:
            found.append(series.values)
            told += [signals.get(site.id)] * MEASURES
    first_on = network.today - timedelta(weeks=LOOK_BACK_W)
    return ClockSeries(first_on, np.concatenate(found[1:] or found)), Told(tuple(told))
