"""The forecast of one site, hour by hour at any distance, and its basis.

A site with two weeks of its own hours is forecast from them (`week_forecasts`). Before that the
usual week of its kind of venue is taken, scaled to the measured hours, and the basis is `venue`. A
forecast holds seven days; later weeks repeat the usual week, and the interval grows with the square
root of the weeks. A public holiday is forecast as a Sunday. An hour of the week that was never
observed is estimated and marked: it is priced at the base rate, never as empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from cloud.database import EPOCH
from cloud.forecast import training, venue_profiles, week_forecasts
from cloud.forecast.basis import NAMES, Basis, HourSource, Sources
from cloud.forecast.history import history_store
from cloud.forecast.history.hours import HOUR_S, Measures, ObservedHours, read_hours
from cloud.forecast.history.observations import SiteObservations
from cloud.forecast.intervals.interval import Interval
from cloud.forecast.models import model_selection
from cloud.forecast.network import Network, build_site_network
from cloud.forecast.series import WEEK_H, Flags, Floats
from cloud.forecast.store import StoredWeek, read_week
from cloud.forecast.visitors.visitor_mix import HourVisitorMix, VisitorMix, read_visitor_mix
from cloud.forecast.weekly import LEARNT_W
from cloud.sites.site_model import Site

Integers = NDArray[np.int64]
VENUE_MODEL: Final = "venue-1"
ALL_VENUE: Final[Sources] = np.full(WEEK_H, HourSource.VENUE, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class HourForecast:
    """The audience expected in one full hour, and its basis.

    `unobserved`: an hour of the week that was never observed at a site whose other hours were.
    """

    starts_at: datetime
    crowd: Interval
    entries: Interval
    onlookers: Interval
    attention_s: Interval
    basis: Basis
    reason: str
    weeks: float
    model: str
    cutoff_at: datetime | None
    unobserved: bool = False


@dataclass(frozen=True, slots=True)
class SiteForecast:
    """The first seven days and every week after them: (measures, 3, 168) from `first_on`.

    `age_weeks` is how old the newest observation was on `first_on`.
    """

    first_on: date
    zone: ZoneInfo
    coming: Floats
    usual: Floats
    coming_sources: Sources
    usual_sources: Sources
    holidays: frozenset[date]
    basis: Basis
    reason: str
    weeks: float
    age_weeks: int
    model: str
    cutoff_at: datetime | None
    venue: str
    mix: VisitorMix | None = None

    def hour_mix(self, starts_at: datetime) -> HourVisitorMix | None:
        """The visitors to expect in the hour that starts at that instant; None where unknown."""
        local = starts_at.astimezone(self.zone)
        weekday = 6 if local.date() in self.holidays else local.weekday()
        return None if self.mix is None else self.mix.hour(weekday, local.hour)

    def hour_forecast(self, starts_at: datetime) -> HourForecast:
        """The hour that starts at that instant, at any distance."""
        local = starts_at.astimezone(self.zone)
        day = np.zeros(1, dtype=np.int64)
        hour = day + local.hour
        three = self.columns([local.date()], day, hour)[:, :, 0]
        source = int(self._sources([local.date()], day, hour)[0])
        ahead = (local.date() - self.first_on).days
        return HourForecast(
            starts_at=starts_at,
            **{
                name: Interval(*map(float, one))
                for name, one in zip(Measures._fields, three, strict=True)
            },
            basis=self.basis if self.basis == "venue" else NAMES[source],
            reason=self.reason + self._of_hour(source) + self._distance(local.date(), ahead),
            weeks=self.weeks,
            model=self.model,
            cutoff_at=self.cutoff_at,
            unobserved=self._is_unobserved(source),
        )

    def columns(self, days: Sequence[date], day: Integers, hour: Integers) -> Floats:
        """`hour_forecast` of many local hours: (measures, P10 P50 P90, hours).

        Hour i is `hour[i]` o'clock on `days[day[i]]`.
        """
        at, first_week = self._at(days, day, hour)
        found = self.usual[:, :, at]
        found[:, :, first_week] = self.coming[:, :, at[first_week]]
        ahead = np.array([max(0, (one - self.first_on).days // 7) for one in days])
        times = np.array([self._widening(int(weeks)) for weeks in ahead])[day]
        middle = found[:, 1]
        below = np.maximum(0.0, middle - (middle - found[:, 0]) * times)
        return np.stack([below, middle, middle + (found[:, 2] - middle) * times], axis=1)

    def unobserved(self, days: Sequence[date], day: Integers, hour: Integers) -> Flags:
        """Which of these hours were never observed at a site whose other hours were."""
        if self.basis == "venue":
            return np.zeros(day.shape, dtype=bool)
        found: Flags = self._sources(days, day, hour) != HourSource.OBSERVED
        return found

    def _sources(self, days: Sequence[date], day: Integers, hour: Integers) -> Sources:
        at, first_week = self._at(days, day, hour)
        return np.where(first_week, self.coming_sources[at], self.usual_sources[at])

    def _at(
        self, days: Sequence[date], day: Integers, hour: Integers
    ) -> tuple[Integers, NDArray[np.bool_]]:
        """The column of each hour, and whether it is one of the coming week's."""
        ahead = np.array([(one - self.first_on).days for one in days], dtype=np.int64)
        like = np.array([self._day_like(one) for one in days], dtype=np.int64)
        first_week = (ahead >= 0) & (ahead < 7)
        column = np.where(first_week, ahead, like)
        return column[day] * 24 + hour, first_week[day]

    def _is_unobserved(self, source: int) -> bool:
        return self.basis != "venue" and source != HourSource.OBSERVED

    def _widening(self, weeks_ahead: int) -> float:
        """By how much wider than the stored interval, which its age has widened already."""
        whole = week_forecasts.compute_age_widening(self.age_weeks + weeks_ahead)
        return whole / week_forecasts.compute_age_widening(self.age_weeks)

    def _day_like(self, day: date) -> int:
        """Which of the seven days this one resembles: its weekday, or Sunday on a holiday."""
        weekday = 6 if day in self.holidays else day.weekday()
        return (weekday - self.first_on.weekday()) % 7

    def _of_hour(self, source: int) -> str:
        if not self._is_unobserved(source):
            return ""
        recently = f"; this hour of the week was not observed here in the {LEARNT_W} weeks"
        if source == HourSource.SIMILAR_HOURS:
            return f"{recently}: estimated from the same hour of other days"
        return (
            f"{recently}, nor on other days: the usual profile of {self.venue}s at the level here"
        )

    def _distance(self, day: date, ahead: int) -> str:
        holiday = "; a public holiday, forecast as a Sunday" if day in self.holidays else ""
        if ahead < 7:
            return holiday
        return (
            f"{holiday}; {ahead} days ahead, so the usual week is repeated and the interval widened"
        )


def forecast_at(connection: Connection, site: Site, at: datetime) -> SiteForecast:
    """The forecast of a site at an instant: that of the nightly run, or the same computed now."""
    today = at.astimezone(site.zone).date()
    network = build_site_network(site, today)
    mix = read_visitor_mix(connection, site)
    night = read_week(connection, site.id, today, site.timezone)
    if night is not None and night.usual is not None and night.basis is not None:
        return forecast_from_week(site, network, night, mix)
    place = SiteObservations.of(
        site, history_store.read_history(connection, site, today), network.holidays
    )
    if week_forecasts.has_enough_weeks(place):
        standings = model_selection.read_model_scores(
            connection, [site.id], today, {site.id: site.timezone}
        )
        trained = training.read_trained(connection, network)
        made = week_forecasts.build_week_forecasts(network, [place], trained, {}, standings, now=at)
        found = forecast_from_week(site, network, made.weeks[0], mix)
    else:
        since_at = at - timedelta(weeks=LEARNT_W)
        hours = read_hours(connection, site, since_at=since_at, until_at=at)
        found = forecast_from_venue(site, network, hours, at, mix)
    return found if night is None else _with_stored_week(found, night)


def forecast(
    site: Site,
    hours: ObservedHours,
    *,
    at: datetime,
    holidays: frozenset[date] = frozenset(),
    mix: VisitorMix | None = None,
) -> SiteForecast:
    """The same from observed hours alone, without a database."""
    known = hours.before(at)
    today = at.astimezone(site.zone).date()
    network = Network("alone", today, (site,), holidays)
    place = SiteObservations.of_hours(site, known, today, holidays)
    if not week_forecasts.has_enough_weeks(place):
        return forecast_from_venue(site, network, known, at, mix)
    made = week_forecasts.build_week_forecasts(network, [place], None, {}, {}, now=at)
    return forecast_from_week(site, network, made.weeks[0], mix)


def forecast_from_week(
    site: Site, network: Network, week: StoredWeek, mix: VisitorMix | None = None
) -> SiteForecast:
    """The forecast of a stored week."""
    assert week.usual is not None
    assert week.basis is not None
    return SiteForecast(
        first_on=week.first_on,
        zone=site.zone,
        coming=week.week,
        usual=week.usual,
        coming_sources=week.basis.coming,
        usual_sources=week.basis.usual,
        holidays=network.holidays,
        basis="measured",
        reason=week.basis.reason,
        weeks=week.basis.weeks,
        age_weeks=week.basis.age_weeks,
        model=week.model,
        cutoff_at=week.cutoff_at,
        venue=venue_profiles.find_venue(site.venue).name,
        mix=mix,
    )


def forecast_from_venue(
    site: Site, network: Network, known: ObservedHours, at: datetime, mix: VisitorMix | None = None
) -> SiteForecast:
    """The usual week of the site's kind of venue, pulled to the hours that were measured."""
    kind = venue_profiles.find_venue(site.venue)
    middle = (
        venue_profiles.build_venue_week(kind, network.today)
        * venue_profiles.compute_venue_level(kind, known, site.zone)[:, None]
    )
    week = np.stack(
        [middle * venue_profiles.BAND[0], middle, middle * venue_profiles.BAND[1]], axis=1
    )
    sunday = (6 - network.today.weekday()) % 7
    days = [network.today + timedelta(days=day) for day in range(7)]
    like = np.array([sunday if day in network.holidays else at for at, day in enumerate(days)])
    return SiteForecast(
        first_on=network.today,
        zone=site.zone,
        coming=week[:, :, (like[:, None] * 24 + np.arange(24)).ravel()],
        usual=week,
        coming_sources=ALL_VENUE,
        usual_sources=ALL_VENUE,
        holidays=network.holidays,
        basis="venue",
        reason=_venue_reason(kind.name, len(known)),
        weeks=round(float((known.share >= 0.5).sum()) / WEEK_H, 1),
        age_weeks=0,
        model=VENUE_MODEL,
        cutoff_at=_newest_at(known, at),
        venue=kind.name,
        mix=mix,
    )


def _with_stored_week(found: SiteForecast, night: StoredWeek) -> SiteForecast:
    """The week that an older version has stored without its basis."""
    return replace(
        found,
        coming=night.week,
        coming_sources=np.full(WEEK_H, HourSource.OBSERVED, dtype=np.uint8),
        model=night.model,
        cutoff_at=night.cutoff_at,
    )


def _newest_at(known: ObservedHours, at: datetime) -> datetime | None:
    if not len(known):
        return None
    return min(at, EPOCH + timedelta(seconds=int(known.starts_s.max()) + HOUR_S))


def _venue_reason(kind: str, hours: int) -> str:
    if not hours:
        return f"no data here yet: the assumed usual week of {kind}s"
    return f"{hours} measured hours, scaling the assumed week of {kind}s until there are two weeks"
