"""AdCP's `dooh_metrics`, and where the figures come from.

AdCP 3.0 cannot say who measured, with which instrument and how much of it (its issues 7150 and
7253): that is in `ext.onlooker`.
"""

from collections.abc import Sequence
from typing import Any, Final

from cloud.campaigns.estimates import EstimatedHour
from cloud.campaigns.line_hours import find_loop
from cloud.campaigns.totals import DeliveryTotals, sum_hours
from cloud.sites.openooh import to_openooh_1_1
from cloud.sites.sites import Sites, UnknownLocation

NOTES: Final = (
    "Impressions are opportunities to see: people in view of the screen during plays, counted by "
    "cameras at the screen. Plays that no camera observed are estimated from the observed part of "
    "the hour, or from the forecast; ext.onlooker has the interval and the observed share."
)
HOUR_S: Final = 3_600


def describe_dooh(sites: Sites, hours: Sequence[EstimatedHour]) -> dict[str, Any]:
    """Plays, screens, time and share of voice of some hours, as a whole and by venue.

    Only the notes where hours have begun and nothing is known of them.
    """
    whole = sum_hours(hours)
    if hours and not (whole.has_audience or whole.plays):
        return {"calculation_notes": NOTES, "venue_breakdown": []}
    venues: dict[str, list[EstimatedHour]] = {}
    for hour in hours:
        venues.setdefault(hour.hour.booked.key.location, []).append(hour)
    plays = {name: sum_hours(some).plays for name, some in venues.items()}
    time_s = sum(find_loop(sites, name).spot_s * count for name, count in plays.items())
    slots_s = HOUR_S * len({hour.hour.booked.key for hour in hours})
    found: dict[str, Any] = {
        "loop_plays": sum(plays.values()),
        "screens_used": sum(1 for count in plays.values() if count),
        "screen_time_seconds": time_s,
        "calculation_notes": NOTES,
        "venue_breakdown": [
            _describe_venue(sites, name, some)
            for name, some in sorted(venues.items())
            if sum_hours(some).has_audience
        ],
    }
    if slots_s:
        found["sov_achieved"] = round(min(1.0, time_s / slots_s), 4)
    return found


def describe_provenance(totals: DeliveryTotals) -> dict[str, Any]:
    """Who measured, with what, how much of it, and the interval."""
    ots = totals.ots.interval
    share = totals.observed_share
    return {
        "plays": totals.plays,
        "measurement": {
            "measured_by": "Onlooker",
            "instrument": "camera at the screen",
            "basis": "measured" if totals.estimated_plays == 0 else "measured and estimated",
            "third_party": False,
            "impressions_p10": int(ots.p10),
            "impressions_p90": -int(-ots.p90 // 1),
            "observed_s": totals.observed_ms // 1_000,
            "expected_s": totals.expected_ms // 1_000,
            "observed_share": None if share is None else round(share, 4),
            "estimated_plays": totals.estimated_plays,
        },
    }


def _describe_venue(sites: Sites, name: str, hours: Sequence[EstimatedHour]) -> dict[str, Any]:
    totals = sum_hours(hours)
    found: dict[str, Any] = {
        "venue_id": name,
        "impressions": int(totals.ots.interval.p50),
        "loop_plays": totals.plays,
        "screens_used": 1 if totals.plays else 0,
    }
    try:
        site = sites.location(name)
    except UnknownLocation:
        return found
    return found | {"venue_name": site.name, "venue_type": to_openooh_1_1(site.venue)}
