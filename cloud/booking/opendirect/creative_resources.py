"""Creatives as OpenDirect 2.1 writes them: an AdCOM `ad`, and the approval of each publisher.

Names are lower case. `creativeapprovals` has a pair of publisher and status for each publisher;
here there is one publisher.
"""

from datetime import timedelta
from typing import Any, Final

from cloud.booking.opendirect.resources import PUBLISHER

SECOND: Final = timedelta(seconds=1)


def describe_ad(
    *,
    name: str,
    media_type: str,
    size: tuple[int, int],
    duration: timedelta | None,
    reference: str | None,
) -> dict[str, Any]:
    """The AdCOM `Ad` of a file: a display for a picture, a video otherwise."""
    width, height = size
    content: dict[str, Any] = {"w": width, "h": height}
    if reference is not None:
        content["curl"] = reference
    if media_type.startswith("image/"):
        return {"id": name, "display": {"mime": media_type, **content}}
    video: dict[str, Any] = {"mime": [media_type], **content}
    if duration is not None:
        video["dur"] = duration / SECOND
    return {"id": name, "video": video}


def describe_approval(status: str) -> list[dict[str, str]]:
    """The pairs of publisher and status."""
    return [{PUBLISHER: status}]
