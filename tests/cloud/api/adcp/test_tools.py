"""Every tool has a schema, and a refusal has AdCP's form in both places."""

from cloud.api.adcp.tools import TOOLS, describe_tools
from tests.cloud.api.adcp.conftest import Seller


def test_changes_require_a_key_and_reads_do_not() -> None:
    for tool in describe_tools():
        required = tool["inputSchema"].get("required", [])
        assert ("idempotency_key" in required) == TOOLS[tool["name"]].is_change
        assert tool["annotations"]["readOnlyHint"] != TOOLS[tool["name"]].is_change


def test_schemas_name_the_fields_that_are_refused() -> None:
    schemas = {one["name"]: one["inputSchema"]["properties"] for one in describe_tools()}
    refused = schemas["create_media_buy"]["proposal_id"]["description"]
    assert refused.startswith("refused: this seller makes no proposals")
    assert "anyOf" in schemas["get_products"]["property_list"]


def test_a_refusal_has_its_error_and_the_context(seller: Seller) -> None:
    context = {"correlation_id": "7"}
    found = seller.result("get_products", buying_mode="prose", context=context)
    content = found["structuredContent"]
    assert found["isError"] is True
    assert content["errors"] == [content["adcp_error"]]
    assert content["context"] == context
    assert content["status"] == "failed"
    assert seller("get_products", buying_mode="wholesale")["status"] == "completed"
    assert content["adcp_error"]["field"] == "buying_mode"
