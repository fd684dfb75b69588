"""The tools of the seller: their names, arguments, and what they do.

A refusal is a result with `isError`; it has the error in AdCP's form as `adcp_error`, and in
`errors` as the tasks of AdCP return it. `status` is that of the task, where the answer has none.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

from cloud.api.adcp import (
    accounts,
    arguments,
    capabilities,
    creative_formats,
    creatives,
    delivery,
    media_buy_updates,
    media_buys,
    products,
)
from cloud.api.adcp.arguments import ChangeArguments, ToolArguments
from cloud.api.adcp.errors import AdcpError, invalid_arguments, to_adcp_error
from cloud.api.adcp.package_orders import compute_forecasts
from cloud.api.adcp.tool_call import ToolCall, encode
from cloud.api.adcp.unsupported import describe_refused

log = logging.getLogger(__name__)
UNAVAILABLE: Final = "SERVICE_UNAVAILABLE"
SCHEMA_OF: Final = "#/$defs/{name}"


@dataclass(frozen=True, slots=True)
class SellerTool:
    """A tool; `run` takes the call, its arguments, and a connection where it is a change.

    `prepare` does before the transaction of a change what takes long.
    """

    name: str
    description: str
    arguments: type[ToolArguments]
    run: Callable[..., dict[str, Any]]
    prepare: Callable[[ToolCall, Any], None] = lambda *_: None

    @property
    def is_change(self) -> bool:
        """Whether it changes something, once for its idempotency key."""
        return issubclass(self.arguments, ChangeArguments)


TOOLS: Final[Mapping[str, SellerTool]] = {
    tool.name: tool
    for tool in (
        SellerTool(
            "get_adcp_capabilities", "What this seller supports of AdCP.",
            arguments.CapabilitiesArguments, capabilities.get_capabilities,
        ),
        SellerTool(
            "list_accounts", "The accounts that the key buys for.",
            arguments.ListAccountsArguments, accounts.list_accounts,
        ),
        SellerTool(
            "sync_accounts", "Register a brand and its operator for the account of the key.",
            arguments.SyncAccountsArguments, accounts.sync_accounts,
        ),
        SellerTool(
            "get_products", "Products of screens, with prices and forecasts for a window of days.",
            arguments.GetProductsArguments, products.get_products,
        ),
        SellerTool(
            "list_creative_formats", "The formats of creatives that screens show.",
            arguments.ListFormatsArguments, creative_formats.list_creative_formats,
        ),
        SellerTool(
            "create_media_buy", "Book the hours of products, each within a budget.",
            arguments.CreateMediaBuyArguments, media_buys.create_media_buy,
            lambda call, asked: compute_forecasts(call, asked.packages),
        ),
        SellerTool(
            "update_media_buy", "Pause, resume or cancel a media buy, change budgets or creatives.",
            arguments.UpdateMediaBuyArguments, media_buy_updates.update_media_buy,
            lambda call, asked: compute_forecasts(call, asked.new_packages),
        ),
        SellerTool(
            "get_media_buys", "Media buys with their status and packages.",
            arguments.GetMediaBuysArguments, media_buys.get_media_buys,
        ),
        SellerTool(
            "get_media_buy_delivery", "Plays, audience and spend of media buys.",
            arguments.GetDeliveryArguments, delivery.get_media_buy_delivery,
        ),
        SellerTool(
            "sync_creatives", "Store creatives, and assign them to packages.",
            arguments.SyncCreativesArguments, creatives.sync_creatives,
        ),
        SellerTool(
            "list_creatives", "The creatives of the account, with their approval.",
            arguments.ListCreativesArguments, creatives.list_creatives,
        ),
    )
}  # fmt: skip


def call_tool(tool: SellerTool, call: ToolCall) -> dict[str, Any]:
    """The result of a call, as MCP's `tools/call` returns it; faults are raised."""
    try:
        content = _run(tool, call)
    except Exception as error:
        refusal = to_adcp_error(error)
        if refusal is None:
            raise
        if refusal.code == UNAVAILABLE:
            log.warning("adcp.unavailable", exc_info=error, extra={"tool": tool.name})
        return refuse_call(call.sent, refusal)
    return _to_result(call.sent, content, is_error=False)


def refuse_call(sent: Mapping[str, Any], refusal: AdcpError) -> dict[str, Any]:
    """The result of a call that is refused."""
    described = refusal.describe()
    return _to_result(sent, {"adcp_error": described, "errors": [described]}, is_error=True)


@cache
def describe_tools() -> list[dict[str, Any]]:
    """The tools as `tools/list` returns them."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": describe_arguments(tool),
            "annotations": {
                "readOnlyHint": not tool.is_change,
                "idempotentHint": True,
                "openWorldHint": False,
            },
        }
        for tool in TOOLS.values()
    ]


def describe_arguments(tool: SellerTool) -> dict[str, Any]:
    """The JSON Schema of arguments, which is an object at its root."""
    kind = tool.arguments
    _, components = msgspec.json.schema_components([kind], ref_template=SCHEMA_OF)
    root: dict[str, Any] = components.pop(kind.__name__)
    root["properties"] = describe_refused(tool.name) | root["properties"]
    return root | ({"$defs": components} if components else {})


def _run(tool: SellerTool, call: ToolCall) -> dict[str, Any]:
    version = call.sent.get("adcp_major_version")
    if isinstance(version, int) and version != capabilities.MAJOR_VERSION:
        raise AdcpError(
            "VERSION_UNSUPPORTED", f"AdCP {capabilities.MAJOR_VERSION} is supported",
            field="adcp_major_version", suggestion="leave adcp_major_version out",
        )  # fmt: skip
    try:
        found = msgspec.convert(call.sent, tool.arguments)
    except msgspec.ValidationError as error:
        raise invalid_arguments(error) from error
    if isinstance(found, ChangeArguments):
        return call.run_once(
            tool.name,
            found,
            lambda connection: tool.run(call, found, connection),
            lambda: tool.prepare(call, found),
        )
    return tool.run(call, found)


def _to_result(
    sent: Mapping[str, Any], content: dict[str, Any], *, is_error: bool
) -> dict[str, Any]:
    content = {"status": "failed" if is_error else "completed"} | content
    context = sent.get("context")
    if isinstance(context, dict):
        content = content | {"context": context}
    text = encode(content).decode()
    return {
        "content": [{"type": "text", "text": text}],
        "structuredContent": content,
        "isError": is_error,
    }
