"""From light to frames: files, network streams and attached cameras behind one iterator."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from edge_agent.capture.camera import Camera, CaptureError, Counters
from edge_agent.capture.dual import DualCamera
from edge_agent.capture.file import FileCamera, duration_s
from edge_agent.capture.isolated import IsolatedCamera
from edge_agent.capture.masks import MaskedCamera
from edge_agent.capture.stream import Source, StreamCamera, http, rtsp, v4l2
from edge_agent.settings import CaptureSettings
from wire.addresses import (
    CAMERA_SCHEMES,
    WEB_SCHEMES,
    AddressError,
    display_address,
    display_path,
    parse_address,
)

__all__ = ["Camera", "CaptureError", "Counters", "open_camera"]


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_camera(
    uri: str,
    settings: CaptureSettings,
    *,
    substream: str | None = None,
    speed: float = 1.0,
    loop: bool = False,
    changeable: bool = False,
    starts_at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Camera:
    """A camera for a path, `file:`, `rtsp[s]://`, `http[s]://` or `/dev/video*` source.

    What `settings.masks` cover is painted over; masks may come later where the camera is
    `changeable`. A live camera may have a `substream` of the same view. `speed`, `loop` and
    `starts_at` are for files. Without `starts_at` a file begins now, or, when it is played faster
    than it was taken, so far back that it ends now.
    """
    source = _live_source(uri, settings)
    camera: Camera
    if source is not None:
        camera = _live_camera(source, _substream(substream, settings), settings, clock)
    elif substream is not None:
        raise CaptureError("a file has no substream: leave it out, or give a live source")
    else:
        path = _path(uri)
        begins_at = starts_at or clock() - _lead(path, speed)
        fps = settings.analysed_fps
        camera = FileCamera(path, fps=fps, starts_at=begins_at, speed=speed, loop=loop)
    return MaskedCamera(camera, settings.masks) if settings.masks or changeable else camera


def _live_camera(
    source: Source,
    substream: Source | None,
    settings: CaptureSettings,
    clock: Callable[[], datetime],
) -> Camera:
    if settings.isolated:
        return IsolatedCamera(source, settings, substream=substream, clock=clock)
    if substream is not None:
        return DualCamera(source, substream, settings, clock=clock)
    return StreamCamera(source, settings, clock=clock)


def _substream(uri: str | None, settings: CaptureSettings) -> Source | None:
    if uri is None:
        return None
    source = _live_source(uri, settings)
    if source is None:
        shown = display_address(uri) if "://" in uri else display_path(uri)
        raise CaptureError(f"substream {shown} is not live: give rtsp[s]:// or http[s]://")
    return source


def _path(uri: str) -> Path:
    if not _is_file(uri):
        return Path(uri)
    return Path(unquote(uri.removeprefix("file:").removeprefix("//")))


def _is_file(uri: str) -> bool:
    return uri.startswith("file:")


def _live_source(uri: str, settings: CaptureSettings) -> Source | None:
    if "://" not in uri or _is_file(uri):
        return v4l2(uri) if uri.startswith("/dev/video") else None
    try:
        address = parse_address(uri, CAMERA_SCHEMES)
    except AddressError as error:
        raise CaptureError(
            f"source: {error}. A source is rtsp[s]://, http[s]://, /dev/videoN or a file's path"
        ) from None
    return http(address, settings) if address.scheme in WEB_SCHEMES else rtsp(address, settings)


def _lead(path: Path, speed: float) -> timedelta:
    if speed <= 1:
        return timedelta(0)
    ahead = 1.0 if math.isinf(speed) else 1 - 1 / speed
    return timedelta(seconds=(duration_s(path) or 0.0) * ahead)
