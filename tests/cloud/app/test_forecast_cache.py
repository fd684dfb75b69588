"""A forecast is encoded for other processes without loss."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cloud import database
from cloud.app.context import AppContext
from cloud.app.forecast_cache import decode_forecast, encode_forecast, unreadable_counter
from cloud.cli.publish import publish
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import Occupancy
from cloud.pricing.slot import parse_slot
from cloud.sales.occupancy import SlotOccupancy, store_occupancy

FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_forecast_survives_the_way_to_another_process(context: AppContext, clock, tmp_path):
    site = context.sites.location("KX-01")
    late = Occupancy(6, 5, (FareClass("late", 14_000, 3, 1),))
    with database.writing(context.engine) as connection:
        store_occupancy(
            connection,
            [SlotOccupancy("KX-01", FRIDAY_NOON + timedelta(days=2), late)],
            at=clock.now,
        )
    publish(context)
    clock.advance(timedelta(days=1))
    made = context._compute_forecast(site, FRIDAY_NOON + timedelta(days=1))
    made = replace(made, plays=replace(made.plays, cells={("25-34", "female"): 12}))
    unread = unreadable_counter()
    again = decode_forecast(encode_forecast(made), unread)

    assert again is not None
    assert (again.at, again.plays) == (made.at, made.plays)
    assert again.book.occupancy == made.book.occupancy != {}
    assert again.forecast.holidays == made.forecast.holidays
    slot = parse_slot("2026-11-23T08:00", site.zone)
    assert again.forecast.hour_forecast(slot.starts_at) == made.forecast.hour_forecast(
        slot.starts_at
    )
    assert again.book.market(slot) == made.book.market(slot)
    assert unread._value.get() == 0
    assert decode_forecast(b"\x00", unread) is None
    assert decode_forecast(encode_forecast(made)[:-9], unread) is None
    assert unread._value.get() == 2
