"""JSON-RPC 2.0 as MCP uses it: one message for each request, no batches.

A message is a request (with an id) or a notification (without one). Requests of MCP have no other
state than their parameters.
"""

from typing import Any, Final

import msgspec

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
MOST_DEPTH: Final = 32
MAX_ID: Final = 255
MAX_METHOD: Final = 100

RequestId = str | int | None


class JsonRpcError(Exception):
    """A message that is answered with an error of the protocol."""

    def __init__(self, code: int, sentence: str, request_id: RequestId = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.request_id = request_id


class RpcMessage(msgspec.Struct, frozen=True):
    """A request, or a notification where `is_notification`."""

    id: RequestId
    method: str
    params: dict[str, Any]
    is_notification: bool


def read_message(body: bytes) -> RpcMessage:
    """The message of a body; raises JsonRpcError."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise JsonRpcError(PARSE_ERROR, "the body is no JSON: send one JSON-RPC message") from None
    if isinstance(found, list):
        raise JsonRpcError(INVALID_REQUEST, "batches are not supported: send one message")
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise JsonRpcError(INVALID_REQUEST, 'the body is no message with "jsonrpc": "2.0"')
    request_id = _read_id(found)
    method, params = found.get("method"), found.get("params", {})
    if not isinstance(method, str) or len(method) > MAX_METHOD:
        raise JsonRpcError(INVALID_REQUEST, "`method` is no name of a method", request_id)
    if not isinstance(params, dict):
        raise JsonRpcError(INVALID_PARAMS, "`params` is no object", request_id)
    if _is_deeper(params, MOST_DEPTH):
        raise JsonRpcError(
            INVALID_PARAMS, f"`params` is nested more than {MOST_DEPTH} deep", request_id
        )
    return RpcMessage(request_id, method, params, "id" not in found)


def encode_result(request_id: RequestId, result: Any) -> bytes:
    """The answer to a request."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def encode_error(error: JsonRpcError) -> bytes:
    """The answer to a message that is refused."""
    content = {"code": error.code, "message": str(error)}
    return _encode({"jsonrpc": "2.0", "id": error.request_id, "error": content})


_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


def _read_id(message: dict[str, Any]) -> RequestId:
    found = message.get("id")
    is_text = isinstance(found, str) and len(found) <= MAX_ID
    is_number = isinstance(found, int) and not isinstance(found, bool)
    if "id" in message and not (is_text or is_number):
        raise JsonRpcError(INVALID_REQUEST, "`id` is neither a short text nor a whole number")
    return found if is_text or is_number else None


def _is_deeper(value: Any, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return most == 0 or any(_is_deeper(one, most - 1) for one in inner)
