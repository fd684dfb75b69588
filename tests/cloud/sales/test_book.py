"""The market of one site: what applies to a slot and to a buyer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.database.bookings import slot_occupancy
from cloud.database.lake import lake_positions, lake_snapshots
from cloud.database.prices import price_sheets
from cloud.pricing.market import UNKNOWN_MARKET, Market, Occupancy, PriceOverride
from cloud.pricing.slot import Slot
from cloud.sales.book import SiteMarket, read_site_market
from cloud.sales.occupancy import SlotOccupancy, store_occupancy
from cloud.sales.overrides import ActiveOverride, price_overrides, store_override
from cloud.sales.price_sheet import PriceSheet, store_sheet
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites

TODAY = date(2026, 11, 20)
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


def test_reading_collects_sheet_occupancy_and_overrides_of_the_local_day():
    site = sites().location("KX-01")
    with in_memory(*LAKE, price_sheets, slot_occupancy, price_overrides) as connection:
        assert read_site_market(connection, site, NOW).is_empty
        store_sheet(connection, sheet([4_500]))
        store_sheet(connection, sheet([9_900], TODAY))  # today's own sheet is not compared with
        store_occupancy(connection, [SlotOccupancy("KX-01", EIGHT, Occupancy(6, 5))], at=NOW)
        store_override(connection, ActiveOverride("KX-01", KEY, NOW, FOR_ALL))
        found = read_site_market(connection, site, NOW).market(SLOT)
    assert found.published is not None
    assert (found.published.price_minor, found.occupancy, found.override) == (
        4_500,
        Occupancy(6, 5),
        FOR_ALL,
    )
