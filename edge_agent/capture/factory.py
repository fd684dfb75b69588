"""Opens the camera for a source: a file, a network stream or an attached device."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from edge_agent.capture.camera import Camera, CaptureError
from edge_agent.capture.dual_camera import DualCamera
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.masked_camera import MaskedCamera
from edge_agent.capture.recording_reader import read_duration_s
from edge_agent.capture.source import LiveSource, parse_source
from edge_agent.capture.stream_camera import StreamCamera
from edge_agent.capture.workers.isolated_camera import IsolatedCamera
from edge_agent.settings.capture import CaptureSettings
from wire.clock import utc_now


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
    """A camera for a path, `file:`, `rtsp[s]://`, `http[s]://` or a device below /dev.

    Areas in `settings.masks` are painted over; masks may be set later where the camera is
    `changeable`. A live camera may have a `substream` of the same view. `speed`, `loop` and
    `starts_at` are for files. Without `starts_at` a file begins now; a file that is played faster
    than real time begins so far back that it ends now.
    """
    source = parse_source(uri, settings)
    camera: Camera
    if isinstance(source, LiveSource):
        camera = _live_camera(source, _substream(substream, settings), settings, clock)
    elif substream is not None:
        raise CaptureError("a file has no substream: leave it out, or give a live source")
    else:
        begins_at = starts_at or clock() - _lead(source, speed)
        fps = settings.analysed_fps
        camera = FileCamera(source, fps=fps, starts_at=begins_at, speed=speed, loop=loop)
    return MaskedCamera(camera, settings.masks) if settings.masks or changeable else camera


def _live_camera(
    source: LiveSource,
    substream: LiveSource | None,
    settings: CaptureSettings,
    clock: Callable[[], datetime],
) -> Camera:
    if settings.isolated:
        return IsolatedCamera(source, settings, substream=substream, clock=clock)
    if substream is not None:
        return DualCamera(source, substream, settings, clock=clock)
    return StreamCamera(source, settings, clock=clock)


def _substream(uri: str | None, settings: CaptureSettings) -> LiveSource | None:
    if uri is None:
        return None
    source = parse_source(uri, settings)
    if isinstance(source, Path):
        raise CaptureError("the substream is not live: give rtsp[s]:// or http[s]://")
    return source


def _lead(path: Path, speed: float) -> timedelta:
    if speed <= 1:
        return timedelta(0)
    ahead = 1.0 if math.isinf(speed) else 1 - 1 / speed
    return timedelta(seconds=(read_duration_s(path) or 0.0) * ahead)
