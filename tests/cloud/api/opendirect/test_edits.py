"""Drafts are edited at the present price, in the version that the client has read."""

import pytest

from tests.cloud.api.opendirect.conftest import ACME, SHARE, add_line
from tests.cloud.api.orders.conftest import Market

DAY = "2026-12-01"
FLIGHT = {"startdate": f"{DAY}T07:00:00Z", "enddate": f"{DAY}T09:00:00Z"}
LONGER = {"enddate": f"{DAY}T10:00:00Z"}


def test_a_draft_has_the_hours_positions_and_price_of_its_edit(market: Market) -> None:
    where = add_line(market, **FLIGHT)
    line = market("acme", "GET", where).json()
    edited = market("acme", "PATCH", where, LONGER).json()
    assert (edited["id"], edited["bookingstatus"]) == (line["id"], "Draft")
    assert (line["quantity"], edited["quantity"]) == (4, 6)
    assert edited["cost"] > line["cost"]
    assert market("acme", "GET", where).json() == edited

    half = {"producttargeting": [{**SHARE, "targetvalues": ["16.67"]}]}
    fewer = market("acme", "PUT", where, half).json()
    assert (fewer["quantity"], fewer["enddate"]) == (3, edited["enddate"])
    assert market("acme", "PATCH", f"{where}?action=book").json()["bookingstatus"] == "Booked"
    refused = market("acme", "PATCH", where, LONGER)
    assert refused.status_code == 400
    assert "Booked" in refused.json()["errors"][0]["ErrorMessage"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"productid": "LB-01"}, "productid"),
        ({"enddate": f"{DAY}T07:00:00Z"}, "enddate"),
        ({"startdate": "2026-11-01T07:00:00Z"}, "startdate"),
        ({"cost": 0.01}, "cost"),
        ({"statechangereason": "no action"}, "action"),
    ],
)
def test_an_invalid_edit_is_refused_with_its_field(
    market: Market, change: dict, field: str
) -> None:
    where = add_line(market, **FLIGHT)
    before = market("acme", "GET", where).json()
    refused = market("acme", "PATCH", where, change)
    assert (refused.status_code, refused.json()["errors"][0]["Field"]) == (400, field)
    assert market("acme", "GET", where).json() == before


def test_only_the_version_that_was_read_is_edited(market: Market) -> None:
    where = add_line(market, **FLIGHT)
    order = where.rpartition("/lines/")[0]
    for path, body in ((where, LONGER), (order, {"name": "Spring"})):
        tag = market("acme", "GET", path).headers["etag"]

        def patch(key: str, path=path, body=body, tag=tag) -> int:
            headers = {"x-api-key": market.keys["acme"], "if-match": tag, "idempotency-key": key}
            return market.client("PATCH", path, headers=headers, json=body).status_code

        assert (patch(f"{path}-1"), patch(f"{path}-2")) == (200, 412)
        assert patch(f"{path}-1") == 200  # the answer of the first request


def test_an_order_of_drafts_is_edited(market: Market) -> None:
    where = add_line(market, **FLIGHT)
    order = where.rpartition("/lines/")[0]
    change = {"name": "Spring", "budget": 1250.5, "providerdata": {"ponumber": "PO-1"}}
    edited = market("acme", "PATCH", order, change).json()
    assert (edited["name"], edited["budget"]) == ("Spring", 1250.5)
    assert edited["providerdata"]["ponumber"] == "PO-1"
    assert market("acme", "GET", order).json() == edited
    assert market("acme", "PATCH", order, {}).json() == edited
    assert market("acme", "PATCH", order, {"budget": 0.001}).status_code == 400
    assert market("acme", "PATCH", order, {"advertiserbrandid": "0" * 32}).status_code in (400, 404)
    assert market("acme", "PATCH", f"{where}?reserve").status_code == 200
    assert market("acme", "PATCH", order, {"name": "Late"}).status_code == 400
    assert market("bolt", "PATCH", order, {"name": "Mine"}).status_code == 404
    assert market("bolt", "PATCH", where, LONGER).status_code == 404
    assert market("acme", "PATCH", f"{ACME}/orders/{'0' * 32}", {"name": "x"}).status_code == 404
