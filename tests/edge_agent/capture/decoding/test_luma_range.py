"""A live camera and its recording, in either range and as fields or whole, are judged alike."""

import math
from datetime import UTC, datetime

import av
import cv2
import numpy as np
import pytest

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.deinterlacer import Deinterlacer
from edge_agent.capture.decoding.frame_conversion import to_bgr, to_i420, to_luma
from edge_agent.capture.decoding.packet_decoder import PacketDecoder
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import assess_picture
from edge_agent.settings.capture import CaptureSettings, QualitySettings
from wire.audience import BlindCause

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def pictures(path, activity=ActivityLevel.FULL):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        return [one for packet in container.demux(stream)
                for one in decoder.pictures(packet, activity=activity)]  # fmt: skip


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
    """A place with edges between two brightnesses, 0 to 255."""
    tiles = np.random.default_rng(5).integers(0, 2, (9, 16))
    grey = np.where(tiles.repeat(20, 0).repeat(20, 1), white, black).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("black", "white"), [(0, 255), (40, 200), (0, 12), (236, 255)])
def test_brightness_is_the_same_in_every_range_and_process(tmp_path, black, white):
    image, levels = scene(black, white), []
    for name, how in RANGES.items():
        one = pictures(encoded(tmp_path / name, image, **how))[-1]
        planes = to_i420(one)
        shown = [planes[: len(planes) * 2 // 3]]
        shown += [to_luma(one)] if name != "lossless.mkv" else []
        levels += [(np.percentile(plane, 10), np.percentile(plane, 90)) for plane in shown]
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


def fields(path, *, interlaced=True, count=30):
    """A white square that moves 12 pixels from field to field, as an analogue camera sees it."""

    def field(number):
        image = np.full((180, 320), 90, np.uint8)
        left = number * 12 % 260
        image[40:140, left : left + 40] = 220
        return image

    options = {"bf": "0", "crf": "8"}
    if interlaced:
        options |= {"flags": "+ildct+ilme", "x264-params": "interlaced=1:tff=1"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(count):
            whole = field(2 * number)
            whole[1::2] = field(2 * number + 1)[1::2]
            picture = av.VideoFrame.from_ndarray(np.repeat(whole[:, :, None], 3, 2), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def combed(plane):
    """How much neighbouring lines differ, where lines two apart do not."""
    lines = plane.astype(int)
    return float(np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) / 2)[60:120].mean())


def test_interlaced_pictures_are_made_whole_in_colours_luma_and_planes(tmp_path):
    path = fields(tmp_path / "fields.mp4")
    raw = next(iter(av.open(str(path)).decode(video=0)))
    plane = raw.planes[0]
    comb = combed(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))
    whole = pictures(path)
    assert comb > 5
    assert len(whole) == 30
    assert [one.time for one in whole] == pytest.approx([n / 25 for n in range(30)])
    for one in whole[2:-2]:
        assert combed(to_luma(one)[:, :320]) < comb / 4
        assert combed(to_i420(one)[:180]) < comb / 4
        assert combed(to_bgr(one)[:, :, 1]) < comb / 4


def test_pictures_that_were_taken_whole_are_not_touched(tmp_path):
    path = fields(tmp_path / "whole.mp4", interlaced=False)
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            assert Deinterlacer().deinterlace(picture) == [(picture, picture.time)]


def test_a_camera_at_rest_shows_its_key_frames_at_once(tmp_path):
    path = fields(tmp_path / "fields.ts", count=60)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        for packet in container.demux(stream):
            seen = decoder.pictures(packet, activity=ActivityLevel.KEY_PICTURES)
            assert len(seen) == packet.is_keyframe


def test_a_recording_of_fields_loses_no_picture(tmp_path):
    camera = open_camera(
        str(fields(tmp_path / "fields.mp4")), CaptureSettings(analysed_fps=30), speed=math.inf,
        starts_at=EIGHT,
    )  # fmt: skip
    assert sum(isinstance(moment, Frame) for moment in camera) == 30
