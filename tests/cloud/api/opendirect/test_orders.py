"""From a product to a booked line, and refusals as 400 with their field."""

import pytest

from tests.cloud.api.opendirect.conftest import ACME, FLIGHT, LINE, ROOT, SHARE, add_line
from tests.cloud.api.orders.conftest import Market


def test_a_product_is_found_quoted_reserved_booked_and_cancelled(market: Market) -> None:
    found = market("acme", "POST", f"{ROOT}/products/search", {"name": "*king*"})
    (product,) = found.json()["products"]
    assert found.headers["x-total-count"] == "1"
    search = {"productids": [product["id"]], "accountid": "acme", **FLIGHT,
              "producttargeting": [SHARE]}  # fmt: skip
    (avails,) = market("acme", "POST", f"{ROOT}/products/avails", search).json()["avails"]
    assert (avails["availability"], avails["productavailability"][0]["status"]) == (2, "Available")

    where = add_line(market, cost=avails["price"])
    line = market("acme", "GET", where).json()
    assert (line["bookingstatus"], line["cost"], line["quantity"]) == ("Draft", avails["price"], 4)
    reserved = market("acme", "PATCH", f"{where}?reserve").json()
    assert (reserved["bookingstatus"], "reservedexpirydate" in reserved) == ("Reserved", True)
    booked = market("acme", "PUT", f"{where}?action=book").json()
    assert booked["bookingstatus"] == "Booked"
    missing = market("acme", "PATCH", f"{where}?cancel")
    assert missing.status_code == 400
    assert "reason" in missing.json()["errors"][0]["ErrorMessage"]
    reason = {"statechangereason": "no budget"}
    canceled = market("acme", "PATCH", f"{where}?cancel", reason).json()
    assert (canceled["bookingstatus"], canceled["statechangereason"]) == ("Canceled", "no budget")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"productid": "XX-99"}, "productid"),
        ({"cost": 0.01}, "cost"),
        ({"cost": "1E+999999"}, "cost"),
        ({"enddate": "2026-11-24T07:00:00Z"}, "enddate"),
        ({"startdate": "2026-11-01T07:00:00Z"}, "startdate"),
        ({"startdate": "tomorrow"}, "startdate"),
        ({"producttargeting": [{**SHARE, "targetvalues": ["-5"]}]}, "producttargeting"),
    ],
)
def test_an_invalid_line_is_refused_with_its_field(
    market: Market, change: dict, field: str
) -> None:
    order = market("acme", "POST", f"{ACME}/orders", {"name": "Winter"}).headers["location"]
    refused = market("acme", "POST", f"{order}/lines", {**LINE, **change})
    assert refused.status_code == 400, refused.text
    (error,) = refused.json()["errors"]
    assert error["Field"].startswith(field)
    assert {"ErrorCode", "ErrorMessage", "Field", "Link"} <= error.keys()


def test_a_sold_out_line_is_refused_with_what_is_left(market: Market) -> None:
    whole = [{**SHARE, "targetvalues": ["100"]}]
    later = {"startdate": "2026-11-25T07:00:00Z", "enddate": "2026-11-25T08:00:00Z"}
    first, second = (add_line(market, **later, producttargeting=whole) for _ in range(2))
    assert market("acme", "PATCH", f"{first}?book").status_code == 200
    refused = market("acme", "PATCH", f"{second}?reserve")
    assert (refused.status_code, refused.json()["errors"][0]["Availability"]) == (400, 0)
    assert market("acme", "PATCH", f"{second}?reset").status_code == 400
    assert market("acme", "PATCH", f"{second}?fly").json()["errors"][0]["Field"] == "action"
    assert market("acme", "DELETE", second).status_code == 200
    assert market("acme", "GET", second).status_code == 404


def test_a_line_that_has_changed_is_not_acted_on(market: Market) -> None:
    where = add_line(market, startdate="2026-11-26T07:00:00Z", enddate="2026-11-26T08:00:00Z")
    tag = market("acme", "GET", where).headers["etag"]
    headers = {"x-api-key": market.keys["acme"], "if-none-match": tag}
    assert market.client.get(where, headers=headers).status_code == 304
    keyed = {"x-api-key": market.keys["acme"], "if-match": tag}
    first = market.client("PATCH", f"{where}?reserve", headers={**keyed, "idempotency-key": "m-1"})
    stale = market.client("PATCH", f"{where}?book", headers={**keyed, "idempotency-key": "m-2"})
    assert (first.status_code, stale.status_code) == (200, 412)


def test_the_budget_of_an_order_is_stored(market: Market) -> None:
    asked = {"name": "Winter", "budget": 2500.5, "currency": "GBP"}
    order = market("acme", "POST", f"{ACME}/orders", asked)
    assert order.json()["budget"] == 2500.5
    assert market("acme", "GET", order.headers["location"]).json()["budget"] == 2500.5
    refused = market("acme", "POST", f"{ACME}/orders", {**asked, "budget": 0.001})
    assert refused.status_code == 400
