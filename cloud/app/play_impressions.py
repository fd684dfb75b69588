"""What one play of a spot is worth at a place: from stays measured there, or assumed for its venue.

Hard truths. Stays come from the last four weeks of ended visits; below two hundred of them the kind
of venue is believed instead, and the answer says `modelled`. Ages and genders exist only where a
camera is configured to estimate them; elsewhere the groups are empty.
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
        """Impressions of one play in the hour of the hour_forecast."""
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
    """What is known of the stays at a site."""
    spot = Spot(spot_s=site.loop.spot_s, loop_s=site.loop.length_s)
    sums = _sums(connection, site.id, now - LOOK_BACK, now)
    visits = sum(sums[name] or 0 for name in DWELL)
    if visits < MIN_VISITS:
        dwell, looking = _assumed(site)
        kind = venue_profiles.find_venue(site.venue).name
        reason = f"stays assumed for {kind}s, since {visits} visits were measured here lately"
        return SitePlays(
            spot, compute_visitor_impressions(dwell, looking, spot), visits, {}, "modelled", reason
        )
    dwell = _stays(sums, DWELL, DWELL_EDGES_MS, "dwell_ms")
    looking = _stays(sums, ATTENTION, ATTENTION_EDGES_MS, "looking_ms")
    return SitePlays(
        spot=spot,
        person=compute_visitor_impressions(dwell, looking, spot),
        visits=visits,
        cells=_cells(connection, site.id, now - LOOK_BACK, now),
        basis="sensor_measured",
        reason=f"stays of {visits:,} visits measured here in four weeks",
    )


def _assumed(site: Site) -> tuple[DwellCurve, DwellCurve]:
    kind = venue_profiles.find_venue(site.venue)
    attention_s = kind.attention_s_per_entry / kind.onlooker_share
    return assume_dwell_curve(kind.dwell_s), assume_dwell_curve(attention_s, kind.onlooker_share)


def _stays(
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
