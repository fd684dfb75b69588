"""Read the asset of a creative: one image or one video, by its address.

The file is not fetched. It is identified by its `sha256`, or without one by what is sent of it, so
another address under the same id is another creative.
"""

import hashlib
import mimetypes
import re
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from cloud.api.adcp.arguments import CreativeSync
from cloud.api.adcp.creative_formats import ASSET_TYPES, SCREEN, is_own_format
from cloud.api.adcp.errors import AdcpError, invalid_value
from cloud.api.adcp.package_orders import at_field
from cloud.api.adcp.tool_call import ToolCall
from cloud.campaigns.creatives import NewCreative
from wire.audience import CREATIVE

MEDIA_TYPE: Final = re.compile(r"(image|video)/[a-z0-9][a-z0-9.+-]{0,60}", re.ASCII)
ADDRESS: Final = r"^https?://[^\x00-\x20\x7f-\xa0]{1,480}$(?!\n)"


class ScreenAsset(msgspec.Struct, frozen=True):
    """An image or a video."""

    url: Annotated[str, Meta(pattern=ADDRESS)]
    width: Annotated[int, Meta(ge=1, le=32_768)]
    height: Annotated[int, Meta(ge=1, le=32_768)]
    duration_ms: Annotated[float, Meta(gt=0, le=3_600_000)] | None = None
    mime_type: Annotated[str, Meta(max_length=70)] | None = None
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")] | None = None


def read_creative(call: ToolCall, asked: CreativeSync, account: str, where: str) -> NewCreative:
    """The creative that an agent describes; raises AdcpError."""
    if not re.fullmatch(CREATIVE, asked.creative_id):
        raise invalid_value(
            f"{where}.creative_id", f"{asked.creative_id[:64]!r} is no name of a creative",
            "write up to 64 letters, digits and . _ : / -",
        )  # fmt: skip
    if is_own_format(call, asked.format_id) and asked.format_id.id != SCREEN:
        raise invalid_value(
            f"{where}.format_id.id", f"no format {asked.format_id.id[:60]!r} of this agent",
            "list_creative_formats lists the formats",
        )  # fmt: skip
    name, sent = _choose_asset(asked, where)
    with at_field(f"{where}.assets.{name}"):
        asset = msgspec.convert(sent, ScreenAsset)
    _check_size(asked, asset, where)
    duration = None
    if asset.duration_ms is not None:
        duration = timedelta(milliseconds=round(asset.duration_ms))
    return NewCreative(
        account=account, name=asked.creative_id, sha256=asset.sha256 or _compute_digest(sent),
        reference=asset.url, media_type=_find_media_type(sent, asset, f"{where}.assets.{name}"),
        width_px=asset.width, height_px=asset.height, duration=duration, categories=(),
    )  # fmt: skip


def _choose_asset(asked: CreativeSync, where: str) -> tuple[str, dict[str, Any]]:
    fitting = {
        name: one for name, one in asked.assets.items() if one.get("asset_type") in ASSET_TYPES
    }
    if len(fitting) != 1 or len(asked.assets) != 1:
        raise AdcpError(
            "VALIDATION_ERROR", f"found {len(asked.assets)} assets, {len(fitting)} of them images "
            "or videos", field=f"{where}.assets",
            suggestion="send one asset whose asset_type is image or video",
        )  # fmt: skip
    return next(iter(fitting.items()))


def _check_size(asked: CreativeSync, asset: ScreenAsset, where: str) -> None:
    wanted = asked.format_id
    for name in ("width", "height"):
        size = getattr(wanted, name)
        if size is not None and size != getattr(asset, name):
            raise invalid_value(
                f"{where}.format_id.{name}",
                f"the format has {size} pixels, the asset {getattr(asset, name)}",
            )


def _find_media_type(sent: dict[str, Any], asset: ScreenAsset, where: str) -> str:
    guessed = mimetypes.guess_type(asset.url.partition("?")[0])[0]
    found = asset.mime_type or guessed or ""
    if not MEDIA_TYPE.fullmatch(found) or not found.startswith(sent["asset_type"]):
        raise invalid_value(
            f"{where}.mime_type", f"found {found[:70]!r} for an {sent['asset_type']}",
            "write a media type such as image/png or video/mp4",
        )  # fmt: skip
    return found


def _compute_digest(sent: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(sent, order="sorted")).hexdigest()
