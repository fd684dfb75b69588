"""A live camera and its recording have the same brightness, in either range of levels."""

import math
from datetime import UTC, datetime

import av
import cv2
import numpy as np
import pytest

from edge_agent.capture.decoding.frame_conversion import to_bgr, to_i420, to_luma
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import assess_picture
from edge_agent.settings.capture import CaptureSettings, QualitySettings
from tests.edge_agent.capture.decoding.decoded import decode
from wire.audience import BlindCause

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def encoded(path, image, *, codec, pix_fmt, count=6, options=None):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options or {})
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pix_fmt
        if pix_fmt.startswith("yuvj"):
            stream.codec_context.color_range = 2
        for _ in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


RANGES = {
    "full.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "full422.avi": {"codec": "mjpeg", "pix_fmt": "yuvj422p"},
    "full.mp4": {"codec": "libx264", "pix_fmt": "yuvj420p"},
    "video.mp4": {"codec": "libx264", "pix_fmt": "yuv420p"},
    "video444.mkv": {"codec": "libx264", "pix_fmt": "yuv444p"},
    "lossless.mkv": {"codec": "ffv1", "pix_fmt": "bgr0"},
}


def scene(black, white):
    """Edges between two brightnesses, 0 to 255."""
    tiles = np.random.default_rng(5).integers(0, 2, (9, 16))
    grey = np.where(tiles.repeat(20, 0).repeat(20, 1), white, black).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("black", "white"), [(0, 255), (40, 200), (0, 12), (236, 255)])
def test_brightness_is_the_same_in_every_range_and_process(tmp_path, black, white):
    image, levels = scene(black, white), []
    for name, how in RANGES.items():
        one = decode(encoded(tmp_path / name, image, **how))[-1]
        planes = to_i420(one)
        lumas = [planes[: len(planes) * 2 // 3]]
        lumas += [to_luma(one)] if name != "lossless.mkv" else []
        levels += [(np.percentile(plane, 10), np.percentile(plane, 90)) for plane in lumas]
        colours = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420).astype(int)
        assert np.abs(np.median(colours - to_bgr(one).astype(int))) <= 3
    frame = Frame(image, EIGHT, 0.0, 0)
    levels.append((np.percentile(frame.luma(), 10), np.percentile(frame.luma(), 90)))
    assert np.ptp(np.array(levels), axis=0).max() <= 3


@pytest.mark.parametrize(
    ("black", "white", "cause"),
    [(0, 8, BlindCause.DARK), (250, 255, BlindCause.OVEREXPOSED), (40, 200, None), (0, 40, None)],
)
def test_a_live_camera_and_its_recording_are_assessed_alike(tmp_path, live, black, white, cause):
    image = scene(black, white)
    causes = {}
    for name, how in RANGES.items():
        for moment in open_camera(
            str(encoded(tmp_path / name, image, **how)), CaptureSettings(), speed=math.inf,
            starts_at=EIGHT,
        ):  # fmt: skip
            causes[name] = assess_picture(downscale(moment.luma()), QualitySettings())
    stream = encoded(tmp_path / "live.ts", image, codec="libx264", pix_fmt="yuvj420p", count=40)
    for isolated in (True, False):
        settings = CaptureSettings(isolated=isolated, backoff_s=0.1, longest_backoff_s=0.2)
        camera = open_camera(live(stream.read_bytes()).url, settings)
        for moment in camera:
            if isinstance(moment, Frame):
                causes[f"live {isolated}"] = assess_picture(
                    downscale(moment.luma()), QualitySettings()
                )
                camera.close()
    assert set(causes.values()) == {cause}
