"""The hours of a place on its local clock, read in full now and then and topped up every night.

Two years of hours are twenty thousand rows, by far the dearest part of a forecast; so they are kept
in one piece. A fourteenth of the places is read in full each night, which also finds what cameras
delivered very late; the last two weeks are always read afresh.
"""

import zlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Column, Connection, Date, LargeBinary, String, Table, delete, insert, select

from cloud import database
from cloud.estate import Site
from cloud.forecast.hours import Measures, read_hours
from cloud.forecast.series import WEEK_H, ClockSeries, clock_series

MEASURES: Final = len(Measures._fields)
LOOK_BACK_W: Final = 170
AFRESH: Final = timedelta(weeks=2)
EVERY_D: Final = 14
STALE: Final = timedelta(days=EVERY_D)
QUICK: Final = 1

forecast_histories = Table(
    "forecast_histories",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("ends_on", Date, nullable=False),
    Column("body", LargeBinary, nullable=False),  # float32 (measures, hours), deflated
)


def history(connection: Connection, site: Site, ends_on: date) -> tuple[ClockSeries, bool]:
    """All measures of a place up to a local day, always `LOOK_BACK_W` weeks of them.

    And whether they have been read in full, so that they are to be kept.
    """
    kept = None if _is_due(site, ends_on) else _kept(connection, site.id)
    if kept is None or not timedelta() <= ends_on - kept.ends_on < STALE:
        return _read(connection, site, ends_on, LOOK_BACK_W), True
    old = kept.until(kept.ends_on - AFRESH)
    days = (ends_on - old.ends_on).days
    fresh = _read(connection, site, ends_on, -(-days // 7)).values[:, -days * 24 :]
    values = np.concatenate([old.values, fresh], axis=1)[:, -LOOK_BACK_W * WEEK_H :]
    return ClockSeries(ends_on - timedelta(weeks=LOOK_BACK_W), values), False


def keep(connection: Connection, histories: Mapping[str, ClockSeries]) -> None:
    """Keep the hours of places in place of what was kept of them."""
    if not histories:
        return
    kept = forecast_histories.c
    connection.execute(delete(forecast_histories).where(kept.location.in_(list(histories))))
    connection.execute(
        insert(forecast_histories),
        [
            {
                "location": location,
                "ends_on": series.ends_on,
                "body": zlib.compress(series.values.astype("<f4").tobytes(), QUICK),
            }
            for location, series in histories.items()
        ],
    )


def _is_due(site: Site, today: date) -> bool:
    """Once in `EVERY_D` days for each place, as many of them each night."""
    return (today.toordinal() + zlib.crc32(site.id.encode())) % EVERY_D == 0


def _kept(connection: Connection, location: str) -> ClockSeries | None:
    kept = forecast_histories.c
    row = connection.execute(
        select(kept.ends_on, kept.body).where(kept.location == location)
    ).one_or_none()
    if row is None:
        return None
    values = np.frombuffer(zlib.decompress(row.body), dtype="<f4").astype(np.float64)
    first_on = row.ends_on - timedelta(weeks=LOOK_BACK_W)
    return ClockSeries(first_on, values.reshape(MEASURES, -1))


def _read(connection: Connection, site: Site, ends_on: date, weeks: int) -> ClockSeries:
    first_on = ends_on - timedelta(weeks=weeks)
    stretch = {"since_at": midnight(first_on, site), "until_at": midnight(ends_on, site)}
    hours = read_hours(connection, site.id, **stretch).shapely()
    series = clock_series(hours.on_clock(site.zone), hours.full, ends_on=ends_on)
    return ClockSeries(first_on, series.last(weeks).reshape(MEASURES, -1))


def midnight(day: date, site: Site) -> datetime:
    """When a local day of a place begins."""
    return datetime.combine(day, time(), site.zone)
