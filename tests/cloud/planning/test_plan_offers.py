"""Offers read by column have the same prices and people as slot by slot."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.forecast.store import StoredWeek, store_weeks
from cloud.planning.plan_offers import read_offer
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.quote import quote
from cloud.pricing.slot import parse_slot
from cloud.sites.sites import Sites

FIELDS = ("p10", "p50", "p90")


def measured(context: AppContext, location: str, weeks: int) -> None:
    """Hours that differ, back from now, without noon, which the one camera never observes."""
    now = int(context.clock().timestamp())
    rows = [
        {
            "location": location, "device": "a", "hour_at": now - 3600 * age,
            "observed_ms": 3_600_000, "entries": 100 + age % 37, "visits": 100, "onlookers": 30,
            "dwell_06": 100, "dwell_ms": 1_300_000, "attention_03": 90, "attention_05": 10,
            "looking_ms": 160_000 + 977 * (age % 24), "person_ms": 1_400_000,
        }
        for age in range(1, weeks * 168)
        if not 11 <= (now // 3600 - age) % 24 < 15
    ]  # fmt: skip
    with database.writing(context.engine) as connection:
        connection.execute(database.hour_tallies.insert(), rows)


def forecast_in_the_night(context: AppContext, location: str) -> None:
    chance = np.random.default_rng(7)
    week = np.sort(chance.lognormal(5, 1, (4, 3, 168)), axis=1).astype("<f4").astype(float)
    today, now = context.clock().date(), context.clock()
    with database.writing(context.engine) as connection:
        store_weeks(connection, [StoredWeek(location, today, "night-1", now, now, week)])


@pytest.mark.parametrize("first_on", [date(2026, 11, 20), date(2027, 3, 26), date(2026, 12, 23)])
def test_every_slot_is_offered_at_its_quote_with_the_contacts_of_its_tier(
    context: AppContext, first_on
):
    measured(context, "KX-01", 3)
    forecast_in_the_night(context, "LB-01")
    until_on = first_on + timedelta(days=10)
    sold = read_offer(
        context, Brief(budget_minor=1, currency="GBP", first_on=first_on, until_on=until_on)
    )

    never_observed = 0
    for at in range(0, len(sold), 3):
        name, _, time_slot = str(sold.key[at]).partition("/")
        site = context.sites.location(name)
        made = context.forecast(site)
        slot = parse_slot(time_slot, site.zone)
        hour_forecast = made.forecast.hour_forecast(slot.starts_at)
        seen = made.plays.ladder(hour_forecast).lts
        plays = float(made.plays.spot.plays_per_hour)

        never_observed += hour_forecast.unobserved
        assert sold.price_minor[at] == quote(site, slot, hour_forecast, context.card).price_minor
        offered = (sold.low[at], sold.target.contacts[at], sold.high[at])
        assert offered == pytest.approx([getattr(seen, p) * plays for p in FIELDS], rel=1e-9)
        assert sold.day[at] == (slot.local.date() - first_on).days
    assert never_observed


def test_a_hundred_locations_for_four_weeks_are_accepted(context: AppContext):
    first = msgspec.structs.replace(next(iter(context.sites)), listed_cameras=())
    sites = (msgspec.structs.replace(first, id=f"X-{at:03}") for at in range(100))
    many = replace(context, sites=Sites(tuple(sites)))
    first_on = date(2026, 11, 23)
    sold = read_offer(
        many,
        Brief(
            budget_minor=1, currency="GBP", first_on=first_on,
            until_on=first_on + timedelta(weeks=4),
        ),
    )  # fmt: skip

    assert len(sold) == 67_200
    assert np.unique(sold.key).size == 67_200
