"""Organisations, accounts and brands of the caller only; collections are paged."""

from tests.cloud.api.opendirect.conftest import ACME, ROOT, add_line
from tests.cloud.api.orders.conftest import Market


def test_collections_are_paged_and_belong_to_their_account(market: Market) -> None:
    add_line(market, startdate="2026-11-28T07:00:00Z", enddate="2026-11-28T08:00:00Z")
    page = market("acme", "GET", f"{ACME}/orders?offset=0&count=1")
    assert len(page.json()["orders"]) == 1 <= int(page.headers["x-total-count"])
    assert market("bolt", "GET", f"{ACME}/orders").status_code == 404
    assert market("bolt", "GET", ACME).status_code == 404
    for name in ("organizations", "accounts", "advertiserbrands"):
        listed = market("bolt", "GET", f"{ROOT}/{name}").json()[name]
        assert {one["id"] for one in listed} <= {"bolt"}
    assert market("acme", "GET", f"{ROOT}/organizations/acme").json()["id"] == "acme"
