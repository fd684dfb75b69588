"""`list_creative_formats`: one format, `screen`, which is an image or a video.

Its size is a parameter: the placements of a product name the sizes that each screen shows. Whether
a creative fits is decided when it is assigned to a package.
"""

from typing import Any, Final

from cloud.api.adcp.arguments import FormatReference, ListFormatsArguments
from cloud.api.adcp.tool_call import ToolCall

SCREEN: Final = "screen"
NAME: Final = "Spot on a digital out-of-home screen"
ASSET_TYPES: Final = ("image", "video")


def list_creative_formats(call: ToolCall, asked: ListFormatsArguments) -> dict[str, Any]:
    """List the formats that fit the filters."""
    references = _choose_references(call, asked)
    if asked.type not in (None, "dooh"):
        references = []
    if asked.asset_types is not None and not {*ASSET_TYPES} & {*asked.asset_types}:
        references = []
    if asked.name_search is not None and asked.name_search.casefold() not in NAME.casefold():
        references = []
    return {
        "formats": [describe_format(call, one) for one in references],
        "pagination": {"has_more": False},
    }


def is_own_format(call: ToolCall, reference: FormatReference) -> bool:
    """Whether a reference names a format of this agent."""
    return reference.agent_url.rstrip("/") == call.agent_url.rstrip("/")


def describe_reference(call: ToolCall, size: tuple[int, int] | None = None) -> dict[str, Any]:
    """A reference to the format, for one size or for any."""
    found: dict[str, Any] = {"agent_url": call.agent_url, "id": SCREEN}
    return found if size is None else found | {"width": size[0], "height": size[1]}


def describe_format(call: ToolCall, size: tuple[int, int] | None) -> dict[str, Any]:
    """The format as AdCP describes it."""
    return {
        "format_id": describe_reference(call, size),
        "name": NAME,
        "description": "One image or one video. The placements of a product name the sizes that "
        "its screens show; a spot has the length of a position of the loop.",
        "accepts_parameters": ["dimensions"],
        "renders": [{"role": "primary", "parameters_from_format_id": True}],
        "assets": [
            {
                "item_type": "individual",
                "asset_id": kind,
                "asset_type": kind,
                "required": False,
            }
            for kind in ASSET_TYPES
        ],
    }


def _choose_references(call: ToolCall, asked: ListFormatsArguments) -> list[tuple[int, int] | None]:
    if asked.format_ids is None:
        return [None]
    own = [one for one in asked.format_ids if is_own_format(call, one) and one.id == SCREEN]
    return [
        (one.width, one.height) if one.width is not None and one.height is not None else None
        for one in own
    ]
