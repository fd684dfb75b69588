"""The value of one play of a spot at a site: from measured stays, or assumed for its kind of venue.

Stays come from the last four weeks of ended visits. Below two hundred of them the kind of venue is
assumed, and the basis is `modelled`; so it is where small counts of looking times were suppressed.
Ages and genders exist only where a camera is configured to estimate them; elsewhere there are no
groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.database import ATTENTION, DWELL, EPOCH, hour_tallies, minute_demographics, total
from cloud.forecast import venue_profiles
from cloud.forecast.forecaster import HourForecast
from cloud.pricing.dwell_curve import DwellCurve, assume_dwell_curve, build_dwell_curve
from cloud.pricing.impressions import (
    Basis,
    PlayImpressions,
    Provenance,
    Spot,
    VisitorImpressions,
    compute_play_impressions,
    compute_visitor_impressions,
)
from cloud.sites.site_model import Site
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

MEASURED_BY: Final = "onlooker"
LOOK_BACK: Final = timedelta(weeks=4)
MIN_VISITS: Final = 200


@dataclass(frozen=True, slots=True)
class SitePlays:
    """One spot at one site. `cells` are visits by (age, gender), empty if not estimated."""

    spot: Spot
    person: VisitorImpressions
    visits: int
    cells: Mapping[tuple[str, str], int]
    basis: Basis
    reason: str

    def ladder(self, hour_forecast: HourForecast) -> PlayImpressions:
        """Impressions of one play in the hour of a forecast."""
        provenance = Provenance(
            basis=self.basis,
            measured_by=MEASURED_BY,
            visits=self.visits,
            reason=f"{self.reason}; arrivals: {hour_forecast.reason}",
            cutoff_at=hour_forecast.cutoff_at,
            forecast=hour_forecast.model,
        )
        named = {f"{age} {gender}": count for (age, gender), count in self.cells.items()}
        return compute_play_impressions(
            hour_forecast.entries,
            self.person,
            provenance,
            attention_s=hour_forecast.attention_s,
            cells=named or None,
        )


def read_site_plays(connection: Connection, site: Site, now: datetime) -> SitePlays:
    """The value of a play at a site, from the visits of the last four weeks."""
    sums = _sums(connection, site.id, now - LOOK_BACK, now)
    visits = sum(sums[name] or 0 for name in DWELL)
    dwell, looking = _assume_curves(site)
    is_measured = visits >= MIN_VISITS
    has_looking = is_measured and any(sums[name] for name in ATTENTION)
    if is_measured:
        dwell = _measure(sums, DWELL, DWELL_EDGES_MS, "dwell_ms")
    if has_looking:
        looking = _measure(sums, ATTENTION, ATTENTION_EDGES_MS, "looking_ms")
    spot = Spot(spot_s=site.loop.spot_s, loop_s=site.loop.length_s)
    return SitePlays(
        spot=spot,
        person=compute_visitor_impressions(dwell, looking, spot),
        visits=visits,
        cells=_cells(connection, site.id, now - LOOK_BACK, now) if is_measured else {},
        basis="sensor_measured" if has_looking else "modelled",
        reason=_reason(site, visits, is_measured=is_measured, has_looking=has_looking),
    )


def _reason(site: Site, visits: int, *, is_measured: bool, has_looking: bool) -> str:
    kind = venue_profiles.find_venue(site.venue).name
    if not is_measured:
        return f"stays assumed for {kind}s, since {visits} visits were measured here lately"
    measured = f"stays of {visits:,} visits measured here in four weeks"
    if has_looking:
        return measured
    return f"{measured}; looking assumed for {kind}s, since none of them has a time of looking"


def _assume_curves(site: Site) -> tuple[DwellCurve, DwellCurve]:
    kind = venue_profiles.find_venue(site.venue)
    attention_s = kind.attention_s_per_entry / kind.onlooker_share
    return assume_dwell_curve(kind.dwell_s), assume_dwell_curve(attention_s, kind.onlooker_share)


def _measure(
    sums: Mapping[str, Any], buckets: tuple[str, ...], edges_ms: tuple[int, ...], total: str
) -> DwellCurve:
    return build_dwell_curve([int(sums[name]) for name in buckets], edges_ms, int(sums[total]))


def _sums(
    connection: Connection, location: str, since_at: datetime, until_at: datetime
) -> Mapping[str, Any]:
    hours = hour_tallies.c
    names = (*DWELL, *ATTENTION, "dwell_ms", "looking_ms")
    query = select(*(total(hours[name]).label(name) for name in names)).where(
        hours.location == location,
        hours.hour_at >= _seconds(since_at),
        hours.hour_at < _seconds(until_at),
    )
    return dict(connection.execute(query).mappings().one())


def _cells(
    connection: Connection, location: str, since_at: datetime, until_at: datetime
) -> dict[tuple[str, str], int]:
    cells = minute_demographics.c
    rows = connection.execute(
        select(cells.age, cells.gender, total(cells.visits))
        .where(
            cells.location == location,
            cells.minute_at >= _seconds(since_at),
            cells.minute_at < _seconds(until_at),
        )
        .group_by(cells.age, cells.gender)
    )
    return {(age, gender): int(visits) for age, gender, visits in rows if visits}


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)
