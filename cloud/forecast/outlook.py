"""What to expect in one hour of one place: the front of this room.

Hard truths. With two weeks of its own hours a place is forecast from them; before that from its
kind of venue, pulled to whatever has been measured, and the answer says so. A forecast knows seven
days; further out the week repeats and the band grows with the square root of the weeks, since
errors add up like steps of a walk. A public holiday looks like a Sunday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.database import EPOCH
from cloud.estate import Site
from cloud.forecast import conformal, venues
from cloud.forecast.guard import guarded
from cloud.forecast.hours import HOUR_S, Hours, Measures
from cloud.forecast.interval import Interval
from cloud.forecast.mix import HourMix, Mix
from cloud.forecast.model import version
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import ClockSeries, Floats, clock_series
from cloud.forecast.store import StoredWeek

Integers = NDArray[np.int64]

LEAST_WEEKS: Final = 1.8
"""Two weeks, of which a tenth may have been missed."""
HISTORY: Final = timedelta(weeks=Recent().weeks + conformal.WEEKS)
"""How far back hours are of use."""
WIDEST: Final = 3.0

Basis = Literal["measured", "venue"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The audience expected in one full hour, and what that stands on."""

    starts_at: datetime
    crowd: Interval
    entries: Interval
    onlookers: Interval
    looking_s: Interval
    basis: Basis
    reason: str
    weeks: float
    model: str
    cutoff_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming week as (measures, 3 quantiles, 168 hours) from local midnight of `first_on`."""

    first_on: date
    zone: ZoneInfo
    quantiles: Floats
    holidays: frozenset[date]
    basis: Basis
    reason: str
    weeks: float
    model: str
    cutoff_at: datetime | None
    night: StoredWeek | None = None
    mix: Mix | None = None

    def hour_mix(self, starts_at: datetime) -> HourMix | None:
        """Who to expect in the hour that starts at that instant; None where nothing is known."""
        local = starts_at.astimezone(self.zone)
        weekday = 6 if local.date() in self.holidays else local.weekday()
        return None if self.mix is None else self.mix.hour(weekday, local.hour)

    def outlook(self, starts_at: datetime) -> Outlook:
        """The hour that starts at that instant, at any distance."""
        local = starts_at.astimezone(self.zone)
        ahead = (local.date() - self.first_on).days
        night = self.night if 0 <= ahead < 7 else None
        if night is None:
            quantiles = self.quantiles[:, :, self._day_like(local.date()) * 24 + local.hour]
        else:
            quantiles = night.week[:, :, ahead * 24 + local.hour]
        widening = min(WIDEST, (1 + max(0, ahead // 7)) ** 0.5)
        hour = [Interval(*map(float, three)).widened(widening) for three in quantiles]
        return Outlook(
            starts_at=starts_at,
            **dict(zip(Measures._fields, hour, strict=True)),
            basis=self.basis,
            reason=self.reason + self._distance(local.date(), ahead),
            weeks=self.weeks,
            model=night.model if night else self.model,
            cutoff_at=night.cutoff_at if night else self.cutoff_at,
        )

    def columns(self, days: Sequence[date], day: Integers, hour: Integers) -> Floats:
        """What `outlook` says of many local hours: (measures, P10 P50 P90, hours).

        Hour i is `hour[i]` o'clock on `days[day[i]]`.
        """
        ahead = np.array([(one - self.first_on).days for one in days], dtype=np.int64)
        like = np.array([self._day_like(one) for one in days], dtype=np.int64)
        found = self.quantiles[:, :, like[day] * 24 + hour]
        if self.night is not None:
            told = (ahead[day] >= 0) & (ahead[day] < 7)
            found[:, :, told] = self.night.week[:, :, (ahead[day] * 24 + hour)[told]]
        widening = np.minimum(WIDEST, (1 + np.maximum(0, ahead // 7)) ** 0.5)[day]
        middle = found[:, 1]
        below = np.maximum(0.0, middle - (middle - found[:, 0]) * widening)
        return np.stack([below, middle, middle + (found[:, 2] - middle) * widening], axis=1)

    def _day_like(self, day: date) -> int:
        """Which of the seven days this one resembles: its weekday, or Sunday on a holiday."""
        weekday = 6 if day in self.holidays else day.weekday()
        return (weekday - self.first_on.weekday()) % 7

    def _distance(self, day: date, ahead: int) -> str:
        holiday = "; a public holiday, taken as a Sunday" if day in self.holidays else ""
        if ahead < 7:
            return holiday
        return f"{holiday}; {ahead} days ahead, so the week is repeated and the band widened"


def forecast(
    site: Site,
    hours: Hours,
    *,
    at: datetime,
    holidays: frozenset[date] = frozenset(),
    night: StoredWeek | None = None,
    mix: Mix | None = None,
) -> Forecast:
    """Forecast a site from its observed hours before `at`; what a night has made stands."""
    known = hours.before(at)
    today = at.astimezone(site.zone).date()
    shapely = known.shapely()
    series = clock_series(shapely.on_clock(site.zone), shapely.full, ends_on=today)
    past = frozenset(day for day in holidays if day < today)
    assumed = _assumed(site, known, today)
    weeks = series.weeks_seen(Recent().weeks)
    enough = weeks >= LEAST_WEEKS
    return Forecast(
        first_on=today,
        zone=site.zone,
        quantiles=_measured(series, assumed, past) if enough else assumed,
        holidays=holidays,
        basis="measured" if enough else "venue",
        reason=_reason(site, weeks, len(known), enough=enough),
        weeks=round(weeks, 1),
        model=version(Recent().name) if enough else "venue-1",
        cutoff_at=_cutoff(known, at),
        night=night,
        mix=mix,
    )


def _cutoff(known: Hours, at: datetime) -> datetime | None:
    if not len(known):
        return None
    return min(at, EPOCH + timedelta(seconds=int(known.starts_s.max()) + HOUR_S))


def _measured(series: ClockSeries, assumed: Floats, holidays: frozenset[date]) -> Floats:
    week = Recent().week(series, holidays)
    seen: NDArray[np.bool_] = np.any(np.isfinite(series.last(Recent().weeks)), axis=1)
    return guarded(_filled(week, assumed, seen), series)


def _filled(week: Floats, assumed: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Hours that no week has seen take the venue's shape at the level of the hours seen."""
    of_week = np.where(seen, week[:, 1], 0).sum(axis=-1)
    of_venue = np.where(seen, assumed[:, 1], 0).sum(axis=-1)
    ratio = np.where(of_venue > 0, of_week / np.where(of_venue > 0, of_venue, 1), 1)
    return np.where(seen[:, None], week, assumed * ratio[:, None, None])


def _assumed(site: Site, known: Hours, today: date) -> Floats:
    kind = venues.venue(site.venue)
    middle = venues.week(kind, today) * venues.level(kind, known, site.zone)[:, None]
    return np.stack([middle * venues.BAND[0], middle, middle * venues.BAND[1]], axis=1)


def _reason(site: Site, weeks: float, hours: int, *, enough: bool) -> str:
    if enough:
        return f"{weeks:.1f} weeks of hours measured here lately"
    kind = venues.venue(site.venue).name
    if not hours:
        return f"nothing measured here yet: the usual week of {kind}s, assumed"
    return f"{hours} measured hours, on the assumed week of {kind}s until there are two weeks"
