"""Settings of capture and frame selection: sampling, motion, image quality, snapshots."""

from typing import Annotated, Literal

from msgspec import Meta

from edge_agent.settings.field_types import Polygon, Section


class CaptureSettings(Section, frozen=True):
    """How pictures are read. Frames beyond `analysed_fps` are decoded but not analysed.

    `masks` are painted over before any other stage sees a picture.
    """

    analysed_fps: Annotated[float, Meta(gt=0, le=30)] = 5.0
    rest_after_s: Annotated[float, Meta(ge=0, le=3600)] = (
        0.0  # without motion; 0 always decodes every picture
    )
    hwaccel: Literal["none", "cuda", "drm", "qsv", "vaapi", "videotoolbox", "vulkan"] = "none"
    hwaccel_device: Annotated[str, Meta(max_length=128)] = ""  # such as /dev/dri/renderD128
    ca_file: Annotated[str, Meta(max_length=1024)] = (
        ""  # for rtsps and https cameras; "" trusts any certificate
    )
    isolated: bool = True  # a live camera is read by a separate process
    open_timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 10.0
    read_timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    backoff_s: Annotated[float, Meta(ge=0.1, le=60)] = 0.5
    longest_backoff_s: Annotated[float, Meta(ge=0.1, le=600)] = (
        4.0  # so that a camera is back within ten seconds
    )
    masks: Annotated[tuple[Polygon, ...], Meta(max_length=32)] = ()


class MotionSettings(Section, frozen=True):
    """When the detector runs; with `always` on every sampled frame."""

    always: bool = False
    heartbeat_s: Annotated[float, Meta(ge=0.2, le=60)] = 5.0
    linger_s: Annotated[float, Meta(ge=0, le=60)] = 2.0
    smallest_change: Annotated[int, Meta(ge=1, le=128)] = 10
    smallest_blob_px: Annotated[int, Meta(ge=1, le=10_000)] = 12


class QualitySettings(Section, frozen=True):
    """When a picture is not usable; `selection/image_quality.py` gives the reasons."""

    dark_below: Annotated[float, Meta(ge=0, le=255)] = 24.0
    bright_above: Annotated[float, Meta(ge=0, le=255)] = 230.0
    flat_below: Annotated[float, Meta(ge=0, le=128)] = 4.0
    sharp_ratio: Annotated[float, Meta(ge=0, le=10)] = 0.0005
    frozen_after_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0


class SnapshotSettings(Section, frozen=True):
    """Single pictures instead of visits: one every `every_s`; 0 measures visits."""

    every_s: Annotated[int, Meta(ge=0, le=3600)] = 0
