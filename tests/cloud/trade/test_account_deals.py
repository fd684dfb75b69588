"""The inventory lists what an account has booked and negotiated, for that account only."""

from decimal import Decimal

import pytest

from tests.cloud.api.orders.conftest import Market, open_market
from tests.cloud.app_context import ManualClock, open_app_context

HOUR = "/api/inventory?time_slot=2026-11-23T08:00&location=KX-01"
DEAL = {"price": "45.67", "reason": "agreed in March", "account": "acme"}


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with open_app_context(tmp_path_factory.mktemp("deals"), ManualClock()) as context:
        yield open_market(context)


def read_impression(market: Market, who: str, path: str = HOUR) -> dict:
    (screen,) = market(who, "GET", path).json()["screens"]
    (imp,) = screen["imp"]
    return imp


def test_the_deals_of_an_account_are_its_lines_and_its_own_price(market: Market) -> None:
    where = market.order("acme", hours=(0, 1), prices=(60, 60))
    assert "pmp" not in read_impression(market, "acme")
    assert market.act("acme", where, "book").status_code == 200
    (line,) = market("acme", "GET", where).json()["lines"]
    ((booked,),) = (read_impression(market, "acme")["pmp"]["deals"],)
    assert (booked["id"], booked["at"], booked["bidfloorcur"]) == (line["id"], 3, "GBP")

    slot = "/api/pricing/override/KX-01/2026-11-23T08:00"
    assert market("sales", "PUT", slot, DEAL).status_code == 200
    imp = read_impression(market, "acme")
    first, second = imp["pmp"]["deals"]
    assert imp["pmp"]["private_auction"] == 0
    assert first == booked
    assert second["id"].startswith("price-")
    assert second["bidfloor"] == imp["bidfloor"]
    plays = imp["ext"]["onlooker"]["plays_per_hour"]
    for deal, price in ((first, "0.60"), (second, "45.67")):
        per_play = Decimal(repr(deal["bidfloor"])) / 1000 * Decimal(repr(imp["qty"]["multiplier"]))
        assert round(per_play * Decimal(repr(plays)), 2) == Decimal(price)

    assert "pmp" not in read_impression(market, "bolt")
    assert "pmp" not in read_impression(market, "sales")
    assert len(read_impression(market, "sales", f"{HOUR}&account=acme")["pmp"]["deals"]) == 2
    another_hour = HOUR.replace("T08", "T10")
    assert "pmp" not in read_impression(market, "acme", another_hour)
