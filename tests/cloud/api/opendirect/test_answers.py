"""Invalid requests are answered in OpenDirect's form, refusals of access as elsewhere."""

from tests.cloud.api.opendirect.conftest import ACME
from tests.cloud.api.orders.conftest import Market


def test_a_body_that_is_no_json_and_a_missing_key_are_answered_with_errors(market: Market) -> None:
    headers = {"x-api-key": market.keys["acme"], "content-type": "application/json"}
    broken = market.client("POST", f"{ACME}/orders", headers=headers, content=b"{")
    assert (broken.status_code, broken.json()["errors"][0]["ErrorCode"]) == (400, "Invalid")
    unkeyed = market.client("POST", f"{ACME}/orders", headers=headers, json={"name": "Winter"})
    assert unkeyed.status_code == 400
    assert unkeyed.json()["errors"][0]["Field"] == "Idempotency-Key"
    assert market.client("GET", f"{ACME}/orders").status_code == 401
    assert market("operations", "POST", f"{ACME}/orders", {}).status_code == 403
