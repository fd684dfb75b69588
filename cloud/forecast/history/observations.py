"""The observations of a site up to a local day, as input of a forecast.

The same for the nightly run and for a request: hours of the local clock, outliers excluded, the age
of the newest observation, and notes for the basis.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from cloud.database import EPOCH
from cloud.forecast.history.cameras import LEAST_SHARE, find_offline_cameras
from cloud.forecast.history.history_store import (
    LOOK_BACK_W,
    MEASURES,
    CameraNotes,
    SiteHistory,
    compute_estimated_share,
    lay_on_local_clock,
    local_midnight,
)
from cloud.forecast.history.history_view import compute_ages_w
from cloud.forecast.history.hours import ObservedHours
from cloud.forecast.history.outliers import exclude_outliers, list_hours
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.weekly import LEARNT_W
from cloud.sites.site_model import Site

SILENT_S: Final = 2 * 86_400
"""A camera is named when its newest hour is this much older than the newest one of the site."""
SHOWN: Final = 3
"""How many cameras or hours a reason names; others are counted."""


@dataclass(frozen=True, slots=True)
class SiteObservations:
    """The history of a site; `weeks` of observed hours lie in the last `LEARNT_W` weeks up to them.

    `estimated` is the share of its latest entries that is estimated for missing cameras; `notes`
    are sentences for the basis.
    """

    site: Site
    series: ClockSeries
    weeks: float
    age_weeks: int
    newest_at: datetime | None
    estimated: float = 0.0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, site: Site, found: SiteHistory, holidays: frozenset[date]) -> "SiteObservations":
        """From the history of a site."""
        filtered = exclude_outliers(found.series, holidays, together=MEASURES)
        series = filtered.series
        age = int(compute_ages_w(series.last(series.values.shape[-1] // WEEK_H)).min())
        learnt = series.until(series.ends_on - timedelta(weeks=age))
        since_on = learnt.ends_on - timedelta(weeks=LEARNT_W)
        high, low = (list_hours(one, series, since_on) for one in (filtered.high, filtered.low))
        return cls(
            site=site,
            series=series,
            weeks=learnt.weeks_observed(LEARNT_W),
            age_weeks=age,
            newest_at=_newest_at(site, series),
            estimated=found.estimated,
            notes=(*_camera_notes(site, found.cameras), *_outlier_notes(high, low)),
        )

    @classmethod
    def of_hours(
        cls, site: Site, hours: ObservedHours, today: date, holidays: frozenset[date]
    ) -> "SiteObservations":
        """From hours without a stored history."""
        until_at = local_midnight(today, site)
        found = SiteHistory(
            series=lay_on_local_clock(site, hours, today, LOOK_BACK_W),
            cameras=CameraNotes(),
            estimated=compute_estimated_share(hours, until_at),
            is_new=True,
        )
        return cls.of(site, found, holidays)

    @property
    def learnt_from(self) -> date:
        """The first local day with an observed hour in the last `LEARNT_W` weeks."""
        weeks = min(LEARNT_W + self.age_weeks, self.series.values.shape[-1] // WEEK_H)
        known = np.isfinite(self.series.last(weeks)).any(axis=0).ravel()
        days = int(known.argmax()) // 24
        return self.series.ends_on - timedelta(weeks=weeks) + timedelta(days=days)


def _newest_at(site: Site, series: ClockSeries) -> datetime | None:
    """The end of the newest observed hour."""
    known = np.flatnonzero(np.isfinite(series.values).any(axis=0))
    if not known.size:
        return None
    local = datetime.combine(series.first_on, time()) + timedelta(hours=int(known[-1]))
    return local.replace(tzinfo=site.zone).astimezone(UTC) + timedelta(hours=1)


def _camera_notes(site: Site, cameras: CameraNotes) -> Iterator[str]:
    if not cameras.last_s:
        return
    newest_s = max(cameras.last_s.values())
    missing = find_offline_cameras(cameras.expected, cameras.last_s, newest_s, SILENT_S)
    unknown = {name: None for name in cameras.expected if name not in cameras.weights}
    if len(cameras.expected) > 1:
        missing |= unknown
    for name in list(missing)[:SHOWN]:
        yield _missing_note(site, cameras, name, set(missing))
    if len(missing) > SHOWN:
        yield f"{len(missing) - SHOWN} more cameras are missing"
    yield from _optional_notes(cameras, newest_s)


def _optional_notes(cameras: CameraNotes, newest_s: int) -> Iterator[str]:
    """The optional cameras that report now and are not counted, since they usually do not."""
    absent = find_offline_cameras(cameras.optional, cameras.last_s, newest_s, SILENT_S)
    present = [name for name in cameras.optional if name not in absent]
    names = ", ".join(present)
    if present and not (cameras.expected or cameras.usual):
        yield f"every camera is optional: the audience is that of those that reported ({names})"
        return
    for name in present:
        if name not in (cameras.usual or ()):
            yield (
                f"camera {name} is optional and has not usually reported: its people are not "
                "added to those of the usual cameras"
            )


def _missing_note(site: Site, cameras: CameraNotes, name: str, missing: Set[str]) -> str:
    last_s = cameras.last_s.get(name)
    if last_s is None:
        return f"camera {name} was never observed beside others: its share is not known"
    if name not in cameras.weights:
        return f"camera {name} was hardly observed beside others: its share is not known"
    since = (EPOCH + timedelta(seconds=last_s)).astimezone(site.zone)
    of_each = dict(_expected_weights(cameras))
    whole = sum(weight[1] for weight in of_each.values())
    others = sum(weight[1] for other, weight in of_each.items() if other not in missing)
    since_when = f"camera {name} not observed since {since:%Y-%m-%d %H:%M}"
    if others < LEAST_SHARE * whole:
        return f"{since_when}: the other cameras count too little of the site to estimate it"
    share = of_each[name][1] / whole if whole > 0 else 0
    return f"{since_when}: its usual share of {share:.0%} is added"


def _expected_weights(cameras: CameraNotes) -> Iterator[tuple[str, tuple[float, ...]]]:
    usual = (*cameras.expected, *(cameras.usual or ()))
    return ((name, cameras.weights[name]) for name in usual if name in cameras.weights)


def _outlier_notes(high: list[datetime], low: list[datetime]) -> Iterator[str]:
    """The hours that are excluded from the history, the newest first."""
    for hours, side in ((high, "above"), (low, "below")):
        if hours:
            shown = ", ".join(f"{hour:%Y-%m-%d %H:%M}" for hour in hours[-SHOWN:][::-1])
            counted = "1 hour" if len(hours) == 1 else f"{len(hours)} hours"
            yield f"{counted} far {side} the usual left out ({shown})"
