"""Messages that are no request of MCP, and hostile ones, are refused precisely, never with 5xx."""

import pytest

from tests.cloud.api.adcp.conftest import Seller

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


MESSAGES = [
    (b"{", 400, -32700),
    (b"[]", 400, -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"resources/list"}', 200, -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', 200, -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', 200, -32602),
    (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
        b'"params":{"name":"get_products","arguments":[]}}',
        200,
        -32602,
    ),
]


def post(seller: Seller, body: bytes, **headers: str):
    sent = {"x-api-key": seller.market.keys["acme"], "content-type": "application/json", **headers}
    return seller.market.client("POST", "/mcp", headers=sent, content=body)


@pytest.mark.parametrize(("body", "status", "code"), MESSAGES)
def test_a_message_that_is_none_is_refused(
    seller: Seller, body: bytes, status: int, code: int
) -> None:
    answer = post(seller, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_handshake_lists_the_tools_with_their_schemas(seller: Seller) -> None:
    params = {"protocolVersion": "2025-06-18", "capabilities": {}}
    opened = seller.post("acme", LIST | {"method": "initialize", "params": params}).json()["result"]
    assert opened["protocolVersion"] == "2025-06-18"
    assert opened["capabilities"] == {"tools": {"listChanged": False}}
    ready = seller.post("acme", {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (ready.status_code, ready.content) == (202, b"")
    assert seller.post("acme", LIST | {"method": "ping"}).json()["result"] == {}
    tools = {one["name"]: one for one in seller.post("acme", LIST).json()["result"]["tools"]}
    schema = tools["create_media_buy"]["inputSchema"]
    assert schema["type"] == "object"
    assert {"idempotency_key", "account", "brand"} <= {*schema["required"]}
    assert tools["get_products"]["annotations"]["readOnlyHint"] is True


def test_access_and_transport_are_refused_as_elsewhere(seller: Seller) -> None:
    client = seller.market.client
    unkeyed = client("POST", "/mcp", json=LIST)
    assert (unkeyed.status_code, unkeyed.headers["www-authenticate"]) == (401, "Bearer")
    assert seller.post("operations", LIST).status_code == 403
    assert post(seller, b"x" * 300_000).status_code == 413
    assert post(seller, b"{}", **{"content-type": "text/plain"}).status_code == 415
    assert post(seller, b"{}", **{"mcp-protocol-version": "1999-01-01"}).status_code == 400
    for method in ("GET", "DELETE"):
        headers = {"x-api-key": seller.market.keys["acme"]}
        assert client(method, "/mcp", headers=headers).status_code == 405


def test_a_tool_that_is_not_offered_has_a_code_of_adcp(seller: Seller) -> None:
    found = seller.result("tasks_get", task_id="1", context={"a": 1})["structuredContent"]
    assert found["adcp_error"]["code"] == "UNSUPPORTED_FEATURE"
    assert found["context"] == {"a": 1}
