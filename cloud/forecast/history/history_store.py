"""The stored hours of a site on its local clock: read in full every two weeks, extended nightly.

Two years of hours are twenty thousand rows, the most expensive part of a forecast; the table
`forecast_histories` stores them in one row. A fourteenth of the sites is read in full each night,
which also finds data that cameras delivered late; the last two weeks are always read again.

The stored row depends on the time zone and the cameras of the site. Both are stored with it; when
the sites file differs, the hours are read in full again.
"""

import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Date,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from cloud import database
from cloud.database import EPOCH
from cloud.forecast.history.cameras import (
    CameraHours,
    Weights,
    compute_usual_weights,
    find_usual_optional,
)
from cloud.forecast.history.hours import (
    HOUR_S,
    Measures,
    ObservedHours,
    find_expected_cameras,
    read_camera_hours,
)
from cloud.forecast.series import WEEK_H, ClockSeries, clock_series
from cloud.sites.site_model import Site
from cloud.windows.local_hours import has_whole_hours

log = logging.getLogger(__name__)
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
    Column("zone", String(64)),  # of the local clock; null: stored before zones were
    Column("cameras", Text),  # CameraNotes as JSON
)


class CameraNotes(msgspec.Struct, frozen=True):
    """The cameras of a site.

    `expected` and `counted` are those of the sites file, `weights` what each usually counts,
    `last_s` the end of its last observed hour in seconds since 1970. `usual` are the optional
    cameras that usually report; None in rows of older versions.
    """

    expected: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    weights: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    last_s: dict[str, int] = msgspec.field(default_factory=dict)
    usual: tuple[str, ...] | None = None

    @property
    def optional(self) -> tuple[str, ...]:
        """The optional cameras of the sites file."""
        return tuple(name for name in self.counted if name not in self.expected)

    def same_cameras(self, other: "CameraNotes") -> bool:
        """Whether the sites file names the same cameras in both."""
        is_known = self.usual is not None or not self.optional
        return is_known and (self.expected, self.counted) == (other.expected, other.counted)

    def with_observations(self, weights: Weights, last_s: Mapping[str, int]) -> "CameraNotes":
        """The same cameras with their weights and newest hours."""
        return CameraNotes(self.expected, self.counted, dict(weights), dict(last_s), self.usual)


@dataclass(frozen=True, slots=True)
class SiteHistory:
    """All measures of a site up to a local day, always `LOOK_BACK_W` weeks of them.

    `is_new`: read in full, so that it should be stored. `estimated` is the share of the entries of
    the last two weeks that is estimated for missing cameras.
    """

    series: ClockSeries
    cameras: CameraNotes
    estimated: float
    is_new: bool


def read_history(connection: Connection, site: Site, ends_on: date) -> SiteHistory:
    """The hours of a site, from its stored history where that is still valid."""
    notes = _listed(site, ends_on)
    stored = _read_stored(connection, site)
    if stored is not None and not stored.cameras.same_cameras(notes):
        stored = None
    if stored is None:
        return _read(connection, site, ends_on, LOOK_BACK_W, notes)
    age = ends_on - stored.series.ends_on
    if _is_due(site, ends_on) or not timedelta() <= age < STALE:
        notes = notes.with_observations(stored.cameras.weights, stored.cameras.last_s)
        found = _read(connection, site, ends_on, LOOK_BACK_W, notes)
        return found if _reads_hours(site, ends_on) else _restore_deleted(stored.series, found)
    old = stored.series.until(stored.series.ends_on - AFRESH)
    days = (ends_on - old.ends_on).days
    fresh = _read(connection, site, ends_on, -(-days // 7), stored.cameras)
    newest = fresh.series.values[:, -days * 24 :]
    values = np.concatenate([old.values, newest], axis=1)[:, -LOOK_BACK_W * WEEK_H :]
    series = ClockSeries(ends_on - timedelta(weeks=LOOK_BACK_W), values)
    return replace(fresh, series=series, is_new=False)


def store_histories(
    connection: Connection, histories: Mapping[str, tuple[Site, SiteHistory]]
) -> None:
    """Store the hours of sites in place of their stored histories."""
    if not histories:
        return
    stored = forecast_histories.c
    connection.execute(delete(forecast_histories).where(stored.location.in_(list(histories))))
    connection.execute(
        insert(forecast_histories),
        [
            {
                "location": location,
                "ends_on": found.series.ends_on,
                "body": zlib.compress(found.series.values.astype("<f4").tobytes(), QUICK),
                "zone": site.timezone,
                "cameras": msgspec.json.encode(found.cameras).decode(),
            }
            for location, (site, found) in histories.items()
        ],
    )


def _listed(site: Site, day: date) -> CameraNotes:
    expected = find_expected_cameras(site, day)
    return CameraNotes(tuple(sorted(expected.required)), tuple(sorted(expected.counted)))


def _restore_deleted(stored: ClockSeries, found: SiteHistory) -> SiteHistory:
    """The history with stored hours whose minutes have been deleted since.

    In zones without whole hours the history is computed from minutes, which expire; hours do not.
    """
    known = np.isfinite(found.series.values).any(axis=0)
    first = int(known.argmax()) if known.any() else known.size
    since_h = max(0, (found.series.first_on - stored.first_on).days * 24)
    old = stored.values[:, since_h:][:, :first]
    values = found.series.values.copy()
    values[:, : old.shape[1]] = old
    return replace(found, series=ClockSeries(found.series.first_on, values))


def _is_due(site: Site, today: date) -> bool:
    """Once in `EVERY_D` days for each site, evenly over the nights."""
    return (today.toordinal() + zlib.crc32(site.id.encode())) % EVERY_D == 0


def _reads_hours(site: Site, ends_on: date) -> bool:
    """Whether all of the history is read from hours, which are never deleted."""
    first_on = ends_on - timedelta(weeks=LOOK_BACK_W)
    return has_whole_hours(site.zone, local_midnight(first_on, site), local_midnight(ends_on, site))


def _read_stored(connection: Connection, site: Site) -> SiteHistory | None:
    """The stored history of a site in its present zone; None also when it cannot be read."""
    stored = forecast_histories.c
    row = connection.execute(
        select(stored.ends_on, stored.body, stored.cameras).where(
            stored.location == site.id, stored.zone == site.timezone
        )
    ).one_or_none()
    if row is None or row.cameras is None:
        return None
    try:
        values = np.frombuffer(zlib.decompress(row.body), dtype="<f4").astype(np.float64)
        cameras = msgspec.json.decode(row.cameras, type=CameraNotes)
        hours = values.reshape(MEASURES, LOOK_BACK_W * WEEK_H)
    except (zlib.error, ValueError, msgspec.MsgspecError) as error:
        log.warning("forecast.bad_history", extra={"location": site.id, "reason": str(error)})
        return None
    series = ClockSeries(row.ends_on - timedelta(weeks=LOOK_BACK_W), hours)
    return SiteHistory(series, cameras, 0.0, is_new=False)


def _read(
    connection: Connection, site: Site, ends_on: date, weeks: int, notes: CameraNotes
) -> SiteHistory:
    first_on = ends_on - timedelta(weeks=weeks)
    since_at, until_at = local_midnight(first_on, site), local_midnight(ends_on, site)
    cameras = read_camera_hours(connection, site, since_at=since_at, until_at=until_at)
    expected = find_expected_cameras(site, ends_on)
    if weeks == LOOK_BACK_W:
        notes = notes.with_observations(
            notes.weights | compute_usual_weights(cameras), notes.last_s
        )
        usual = sorted(find_usual_optional(cameras, expected))
        notes = msgspec.structs.replace(notes, usual=tuple(usual))
    notes = notes.with_observations(notes.weights, notes.last_s | find_last_observed(cameras))
    hours = ObservedHours.of_cameras(cameras, expected.with_usual(notes.usual or ()), notes.weights)
    series = lay_on_local_clock(site, hours, ends_on, weeks)
    return SiteHistory(series, notes, compute_estimated_share(hours, until_at), is_new=True)


def lay_on_local_clock(site: Site, hours: ObservedHours, ends_on: date, weeks: int) -> ClockSeries:
    """The hours of a site that were observed long enough, by its local clock."""
    full = hours.only_representative()
    series = clock_series(full.on_clock(site.zone), full.full, ends_on=ends_on)
    first_on = ends_on - timedelta(weeks=weeks)
    return ClockSeries(first_on, series.last(weeks).reshape(MEASURES, -1))


def find_last_observed(cameras: CameraHours) -> dict[str, int]:
    """The end of each camera's last observed hour, in seconds since 1970."""
    found = {}
    for name, present in zip(cameras.devices, cameras.present, strict=True):
        if present.any():
            found[name] = int(cameras.starts_s[present][-1]) + HOUR_S
    return found


def compute_estimated_share(hours: ObservedHours, until_at: datetime) -> float:
    """The mean share estimated for missing cameras, over the hours of the last two weeks."""
    if hours.estimated is None:
        return 0.0
    lately = hours.starts_s >= (until_at - AFRESH - EPOCH).total_seconds()
    return float(hours.estimated[lately].mean()) if lately.any() else 0.0


def local_midnight(day: date, site: Site) -> datetime:
    """The start of a local day of a site."""
    return datetime.combine(day, time(), site.zone)
