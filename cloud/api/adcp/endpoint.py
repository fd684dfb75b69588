"""`POST /mcp`: the tools of the seller over MCP's streamable HTTP, without sessions.

Each request is answered with JSON; there is no stream to open, so `GET` and `DELETE` are refused.
Access is that of the API: a key as bearer token or `X-API-Key`, a role, and the account of the key.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from cloud.api.adcp.errors import AdcpError
from cloud.api.adcp.json_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    UNKNOWN_METHOD,
    JsonRpcError,
    RpcMessage,
    encode_error,
    encode_result,
    read_message,
)
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.tools import TOOLS, SellerTool, call_tool, describe_tools, refuse_call
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.billing.services import get_billing
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.server.refusal_recording import note_refused_tool
from cloud.auth.access import Caller, allow_roles

PATH: Final = "/mcp"
VERSIONS: Final = ("2025-06-18", "2025-03-26", "2024-11-05")
"""Versions of MCP; the first is offered to a client that asks for another."""
VERSION_HEADER: Final = "mcp-protocol-version"
NOT_FOUND: Final = "_NOT_FOUND"
DENIED: Final = "PERMISSION_DENIED"
JSON: Final = "application/json"
SERVER: Final = {"name": "onlooker", "title": "Onlooker seller", "version": "1"}
INSTRUCTIONS: Final = (
    "Sells hours of digital out-of-home screens by AdCP 3.0. Start with get_products, then "
    "sync_creatives, create_media_buy and get_media_buy_delivery."
)

router = APIRouter(tags=["adcp"], dependencies=[allow_roles(*ORDER_ROLES)])
MESSAGE: Final = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"type": "object"},
                "example": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            }
        },
    }
}


@router.post(
    PATH,
    response_class=Response,
    responses={
        200: {"description": "The answer to a request", "content": {JSON: {}}},
        202: {"description": "A notification was received"},
        400: {"description": "The body is no message of JSON-RPC", "content": {JSON: {}}},
        415: {"description": "The body is not JSON", "content": {JSON: {}}},
        **problem_responses(*REFUSALS, 413, 500, 503),
    },
    openapi_extra=MESSAGE,
)
async def post_mcp(request: Request, who: Asker) -> Response:
    """Answer one message of a Model Context Protocol client."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        return _refuse(JsonRpcError(INVALID_REQUEST, f"send the body as {JSON}"), 415)
    try:
        _check_version(request)
        message = read_message(await request.body())
    except JsonRpcError as error:
        return _refuse(error, 400)
    if message.is_notification:
        return Response(status_code=202)
    try:
        result = await _answer(request, who, message)
    except JsonRpcError as error:
        error.request_id = message.id
        return _refuse(error, 200)
    return Response(encode_result(message.id, result), media_type=JSON)


def _check_version(request: Request) -> None:
    version = request.headers.get(VERSION_HEADER)
    if version is not None and version not in VERSIONS:
        raise JsonRpcError(INVALID_REQUEST, f"{VERSION_HEADER}: expected {', '.join(VERSIONS)}")


def _refuse(error: JsonRpcError, status: int) -> Response:
    return Response(encode_error(error), status, media_type=JSON)


async def _answer(request: Request, who: Caller, message: RpcMessage) -> dict[str, Any]:
    if message.method == "tools/call":
        return await _call_tool(request, who, message.params)
    method = METHODS.get(message.method)
    if method is None:
        known = ", ".join([*METHODS, "tools/call"])
        raise JsonRpcError(UNKNOWN_METHOD, f"no method {message.method!r}: there are {known}")
    return method(message.params)


async def _call_tool(request: Request, who: Caller, params: dict[str, Any]) -> dict[str, Any]:
    name, sent = params.get("name"), params.get("arguments", {})
    if not isinstance(name, str):
        raise JsonRpcError(INVALID_PARAMS, "`name` is no name of a tool")
    if not isinstance(sent, dict):
        raise JsonRpcError(INVALID_PARAMS, "`arguments` is no object")
    tool = TOOLS.get(name)
    if tool is None:
        return refuse_call(
            sent, AdcpError("UNSUPPORTED_FEATURE", f"no tool {name[:60]!r}: tools/list has them")
        )
    result = await run_in_threadpool(call_tool, tool, _to_call(request, who, sent))
    if result["isError"]:
        _note_refusal(request, tool, result["structuredContent"]["adcp_error"]["code"])
    return result


def _note_refusal(request: Request, tool: SellerTool, code: str) -> None:
    """Have a refused change recorded, and a read of what is unknown or forbidden."""
    if tool.is_change or code.endswith(NOT_FOUND) or code == DENIED:
        note_refused_tool(request.scope, tool.name, code)


def _to_call(request: Request, who: Caller, sent: dict[str, Any]) -> ToolCall:
    url = request.url
    host = (url.hostname or "").lower()
    return ToolCall(
        context=get_context(request),
        caller=who,
        agent_url=f"{url.scheme}://{url.netloc}{PATH}",
        publisher="localhost" if ":" in host else host,
        terms_days=get_billing(request).config.terms_days,
        sent=sent,
    )


def _initialize(params: dict[str, Any]) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": SERVER,
        "instructions": INSTRUCTIONS,
    }


def _list_tools(_params: dict[str, Any]) -> dict[str, Any]:
    return {"tools": describe_tools()}


def _ping(_params: dict[str, Any]) -> dict[str, Any]:
    return {}


METHODS: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list_tools,
}
