"""The sample rates give plausible prices per thousand impressions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from cloud.forecast.forecaster import HourForecast
from cloud.forecast.intervals.interval import Interval
from cloud.pricing.cpm import floor_cpm, multiplier
from cloud.pricing.dwell_curve import build_dwell_curve
from cloud.pricing.impressions import HOUR_S, Spot, VisitorImpressions, compute_visitor_impressions
from cloud.pricing.quote import quote
from cloud.pricing.rate_card import REFERENCE, RateCard
from cloud.pricing.slot import Slot, list_slots
from cloud.sites.site_model import Site
from cloud.sites.sites_file import load_sites
from cloud.yaml_document import read_document
from simulators.synthetic.footfall_model import (
    Profile,
    SyntheticSite,
    generate_report,
    site_scale,
    visits_per_hour,
)
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS
from wire.scalars import JournalId
from wire.topics import DeviceAddress

SITES = list(load_sites())
CARD = read_document(REFERENCE, RateCard)
PROFILES = {
    "high_traffic_station": Profile.STATION,
    "business": Profile.BUSINESS,
    "residential": Profile.RESIDENTIAL,
}
MONDAYS = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 2), (7, 6), (11, 2))]
BELIEVABLE_GBP = (Decimal(5), Decimal(20))


@cache
def crowd_of(site: Site) -> tuple[SyntheticSite, VisitorImpressions, float]:
    """The simulated place of a site, what a visit there is worth to a spot, its mean looking."""
    address = DeviceAddress(site.id, site.device_ids[0])
    place = SyntheticSite(address, PROFILES[site.attributes.traffic], site.zone, seed=1)
    number = (JournalId("0" * 16), 1)
    rng = np.random.default_rng(1)
    noon = MONDAYS[0] + timedelta(hours=12)
    hour = generate_report(place, noon, timedelta(hours=1), number, 20.0, rng)
    dwell = build_dwell_curve(hour.dwell_histogram, DWELL_EDGES_MS, hour.dwell_ms)
    looking = build_dwell_curve(hour.attention_histogram, ATTENTION_EDGES_MS, hour.looking_ms)
    spot = Spot(site.loop.spot_s, site.loop.length_s)
    return (
        place,
        compute_visitor_impressions(dwell, looking, spot),
        hour.looking_ms / 1000 / hour.visits,
    )


def floor_of(site: Site, slot: Slot) -> Decimal:
    place, person, attention_s = crowd_of(site)
    middle = slot.starts_at + timedelta(minutes=30)
    entries = visits_per_hour(place, middle) * site_scale(place)
    each = Interval(entries, entries, entries)
    looking = Interval(*[entries * attention_s] * 3)
    hour_forecast = HourForecast(
        slot.starts_at, each, each, each, looking, "measured", "simulated", 8, "none", None
    )
    quoted = quote(site, slot, hour_forecast, CARD)
    per_play = multiplier(person.ots_s * entries / HOUR_S)
    spot = Spot(site.loop.spot_s, site.loop.length_s)
    return floor_cpm(quoted.price_minor, spot, per_play, site.currency)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_a_daytime_hour_costs_what_a_buyer_would_believe(site):
    floors = {
        slot.local: floor_of(site, slot)
        for monday in MONDAYS
        for day in (0, 4, 5, 6)
        for slot in list_slots((monday + timedelta(days=day)).date(), site.zone)
        if 6 <= slot.local.hour < 23
    }

    least, most = BELIEVABLE_GBP
    assert {when: floor for when, floor in floors.items() if not least <= floor <= most} == {}
