"""Products are screens; avails are of an account that the caller sees."""

from tests.cloud.api.opendirect.conftest import FLIGHT, ROOT
from tests.cloud.api.orders.conftest import Market


def test_products_are_paged_and_for_buyers(market: Market) -> None:
    products = market("acme", "GET", f"{ROOT}/products?count=2")
    assert len(products.json()["products"]) == 2
    assert market("acme", "GET", f"{ROOT}/products/KX-01").json()["id"] == "KX-01"
    assert market("acme", "GET", f"{ROOT}/products/XX-99").status_code == 404
    assert market("acme", "GET", f"{ROOT}/products?count=0").status_code == 400
    assert market("operations", "GET", f"{ROOT}/products").status_code == 403


def test_a_search_without_a_match_is_empty_and_avails_of_others_are_refused(market: Market) -> None:
    search = {"maxbaseprice": 1, "currency": "GBP"}
    assert market("acme", "POST", f"{ROOT}/products/search", search).json() == {"products": []}
    asked = {"productids": ["KX-01"], "accountid": "bolt", **FLIGHT}
    assert market("acme", "POST", f"{ROOT}/products/avails", asked).status_code == 404
    unknown = {**asked, "accountid": "acme", "productids": ["XX-99"]}
    refused = market("acme", "POST", f"{ROOT}/products/avails", unknown)
    assert refused.json()["errors"][0]["Field"] == "productids"
