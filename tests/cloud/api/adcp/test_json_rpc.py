"""A body is one JSON-RPC message, or refused with the code of the protocol."""

import pytest

from cloud.api.adcp.json_rpc import JsonRpcError, read_message


def nest(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def call(params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"method":"ping","params":%s}' % params


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"\xff", -32700),
        (b"[" * 100_000, -32700),
        (b"1e999", -32700),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', -32700),
        (b"[]", -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
        (b'"ping"', -32600),
        (b'{"id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (call(b"[]"), -32602),
        (call(b'{"a":%s}' % nest(99)), -32602),
    ],
)
def test_a_body_that_is_no_message_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(JsonRpcError) as refused:
        read_message(body)
    assert refused.value.code == code


def test_a_notification_is_a_message_without_an_id() -> None:
    found = read_message(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    assert found.is_notification
    asked = read_message(call(b'{"a":%s}' % nest(9)))
    assert (asked.id, asked.method, asked.is_notification) == (1, "ping", False)
