"""The market of one site: what applies to a slot and to a buyer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.booking.capacity import take
from cloud.booking.slots import SlotDemand
from cloud.database.bookings import (
    booking_blackouts,
    booking_ledger,
    booking_slots,
    booking_takes,
    slot_occupancy,
)
from cloud.database.lake import lake_positions, lake_snapshots
from cloud.database.prices import price_sheets
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import UNKNOWN_MARKET, Market, Occupancy, PriceOverride
from cloud.pricing.slot import Slot
from cloud.sales.book import SiteMarket, read_site_market
from cloud.sales.occupancy import SlotOccupancy, store_occupancy
from cloud.sales.overrides import ActiveOverride, price_overrides, store_override
from cloud.sales.price_sheet import PriceSheet, store_sheet
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)
BOOKINGS = (
    slot_occupancy, booking_slots, booking_takes, booking_ledger, booking_blackouts,
)  # fmt: skip
LAKE = (lake_positions, lake_snapshots)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SLOT = Slot(EIGHT, ZoneInfo("Europe/London"))
OTHER = Slot(EIGHT + timedelta(hours=1), ZoneInfo("Europe/London"))
KEY = int(EIGHT.timestamp())


def override(number: int, **more: object) -> PriceOverride:
    return PriceOverride(number, 1_000, "ann", "a reason", **more)


FOR_ALL, FOR_ACME = override(1), override(2, account="acme")


def sheet(prices_minor: list[int], published_on: date = TODAY - timedelta(days=1)) -> PriceSheet:
    return PriceSheet("KX-01", published_on, NOW, EIGHT, "card 1", np.array(prices_minor))


@pytest.mark.parametrize(
    ("account", "applies"), [(None, FOR_ALL), ("bolt", FOR_ALL), ("acme", FOR_ACME)]
)
def test_a_deal_goes_before_the_price_for_all_and_others_do_not_see_it(account, applies):
    for order in ((FOR_ALL, FOR_ACME), (FOR_ACME, FOR_ALL)):
        market = SiteMarket(TODAY, overrides={KEY: order})
        assert market.market(SLOT, account).override == applies


def test_with_deals_of_others_alone_no_price_is_set():
    market = SiteMarket(TODAY, overrides={KEY: (FOR_ACME,)})
    assert market.market(SLOT).override is None
    assert market.market(OTHER, "acme").override is None
    assert market.deals(SLOT) == (FOR_ACME,)
    assert market.deals(OTHER) == ()
    assert [market.has_deals(account) for account in ("acme", "bolt", None)] == [True, False, False]


def test_a_price_for_all_is_no_deal():
    market = SiteMarket(TODAY, overrides={KEY: (FOR_ALL,)})
    assert market.deals(SLOT) == ()
    assert not market.has_deals(None)


def test_a_site_without_any_record_has_an_unknown_market():
    market = SiteMarket(TODAY)
    assert market.is_empty
    assert market.market(SLOT, "acme") is UNKNOWN_MARKET
    assert market.holds_at(NOW)


def test_a_record_of_one_slot_says_nothing_of_another():
    market = SiteMarket(TODAY, sheet([4_500]), {KEY: Occupancy(6, 5)}, {KEY: (FOR_ALL,)})
    assert not market.is_empty
    assert market.market(OTHER) == Market()
    found = market.market(SLOT)
    assert found.occupancy == Occupancy(6, 5)
    assert found.published is not None
    assert (found.published.price_minor, found.published.days) == (4_500, 1)


def test_the_market_holds_until_the_first_override_expires():
    market = SiteMarket(TODAY, overrides={KEY: (FOR_ALL, override(3, account="b", until_at=NOW))})
    assert market.holds_at(NOW - timedelta(microseconds=1))
    assert not market.holds_at(NOW)


@pytest.mark.parametrize(
    ("outside", "taken", "expected"),
    [
        ({}, 0, Occupancy(6, 0)),  # sold only here
        ({}, 2, Occupancy(6, 2)),
        ({0: 3}, 2, Occupancy(6, 5)),
        ({0: 5}, 2, Occupancy(6, 6)),  # the outside system has sold what was taken here
        ({1: 3}, 2, None),  # the outside system has no record of the hour
        ({1: 3}, 6, Occupancy(6, 6)),
    ],
)
def test_what_is_sold_outside_and_here_is_added(outside, taken, expected):
    market = SiteMarket(
        TODAY,
        occupancy={KEY + 3600 * hour: Occupancy(6, booked) for hour, booked in outside.items()},
        positions=6,
        taken={KEY: taken} if taken else {},
    )
    assert market.market(SLOT).occupancy == expected
    assert market.count_taken(SLOT) == taken


def test_the_bid_price_of_a_slot_rises_with_what_is_taken_here():
    late = FareClass("late", 4_500, 2.0, 1.0)
    outside = {KEY: Occupancy(6, 1, (late,))}
    bids = []
    for taken in (0, 2, 4):
        market = SiteMarket(TODAY, occupancy=outside, positions=6, taken={KEY: taken})
        found = market.market(SLOT).occupancy
        assert found is not None
        bids.append(found.bid_minor)
    assert bids == sorted(set(bids))
    assert bids[-1] == Occupancy(6, 5, (late,)).bid_minor


def test_reading_collects_sheet_occupancy_and_overrides_of_the_local_day():
    site = sites().location("KX-01")
    with in_memory(*LAKE, *BOOKINGS, price_sheets, price_overrides) as connection:
        assert read_site_market(connection, site, NOW).is_empty
        store_sheet(connection, sheet([4_500]))
        store_sheet(connection, sheet([9_900], TODAY))  # today's own sheet is not compared with
        store_occupancy(connection, [SlotOccupancy("KX-01", EIGHT, Occupancy(6, 5))], at=NOW)
        store_override(connection, ActiveOverride("KX-01", KEY, NOW, FOR_ALL))
        take(
            connection,
            sites(),
            [SlotDemand("KX-01", KEY)],
            line_id="a",
            until=NOW + timedelta(hours=1),
            now=NOW,
        )
        soon = read_site_market(connection, site, NOW + timedelta(hours=1)).market(SLOT)
        found = read_site_market(connection, site, NOW).market(SLOT)
    assert found.published is not None
    assert (found.published.price_minor, found.occupancy, found.override) == (
        4_500,
        Occupancy(6, 6),
        FOR_ALL,
    )
    assert soon.occupancy == Occupancy(6, 5), "an expired hold does not count"
