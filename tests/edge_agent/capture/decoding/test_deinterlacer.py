"""Interlaced pictures become progressive ones; none is lost, repeated or out of order."""

import math
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np
import pytest

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.deinterlacer import RESET_AFTER, Deinterlacer
from edge_agent.capture.decoding.frame_conversion import to_bgr, to_i420, to_luma
from edge_agent.capture.decoding.packet_decoder import PacketDecoder
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.capture.decoding.decoded import decode

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def fields(path, *, interlaced=True, count=30):
    """A film of a white square that moves 12 pixels from field to field."""

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


def test_interlaced_pictures_are_deinterlaced_in_colours_luma_and_planes(tmp_path):
    path = fields(tmp_path / "fields.mp4")
    raw = next(iter(av.open(str(path)).decode(video=0)))
    plane = raw.planes[0]
    comb = combed(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size))
    whole = decode(path)
    assert comb > 5
    assert len(whole) == 30
    assert [one.time for one in whole] == pytest.approx([n / 25 for n in range(30)])
    for one in whole[2:-2]:
        assert combed(to_luma(one)[:, :320]) < comb / 4
        assert combed(to_i420(one)[:180]) < comb / 4
        assert combed(to_bgr(one)[:, :, 1]) < comb / 4


def test_progressive_pictures_are_not_changed(tmp_path):
    path = fields(tmp_path / "whole.mp4", interlaced=False)
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            assert Deinterlacer().deinterlace(picture) == [(picture, picture.time)]


def test_a_camera_at_rest_gives_its_key_frames_at_once(tmp_path):
    path = fields(tmp_path / "fields.ts", count=60)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        for packet in container.demux(stream):
            found = decoder.pictures(packet, activity=ActivityLevel.KEY_PICTURES)
            assert len(found) == packet.is_keyframe


def test_a_recording_of_fields_loses_no_picture(tmp_path):
    camera = open_camera(
        str(fields(tmp_path / "fields.mp4")), CaptureSettings(analysed_fps=30), speed=math.inf,
        starts_at=EIGHT,
    )  # fmt: skip
    assert sum(isinstance(moment, Frame) for moment in camera) == 30


@pytest.fixture(scope="module")
def interlaced(tmp_path_factory):
    """Six interlaced pictures, as decoded."""
    path = fields(tmp_path_factory.mktemp("fields") / "fields.mp4", count=6)
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def progressive(number, width=320):
    picture = av.VideoFrame(width, 180, "yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, 25)
    return picture


def times(ready):
    return [at_s for _, at_s in ready]


def test_each_picture_is_delayed_by_one_and_the_rest_is_flushed(interlaced):
    filter_ = Deinterlacer()
    ready = [filter_.deinterlace(picture) for picture in interlaced]
    assert [len(one) for one in ready] == [0, 1, 1, 1, 1, 1]
    rest = filter_.flush()
    assert times([one for some in ready for one in some] + rest) == [p.time for p in interlaced]
    assert filter_.flush() == []


def test_a_reset_discards_what_the_filter_holds(interlaced):
    filter_ = Deinterlacer()
    filter_.deinterlace(interlaced[0])
    filter_.reset()
    assert filter_.flush() == []
    assert filter_.deinterlace(interlaced[1]) == []


def test_another_size_flushes_the_filter_first(interlaced):
    filter_ = Deinterlacer()
    filter_.deinterlace(interlaced[0])
    ready = filter_.deinterlace(progressive(9, width=160))
    assert times(ready) == [interlaced[0].time, 9 / 25]
    assert [picture.width for picture, _ in ready] == [320, 160]


def test_after_many_progressive_pictures_the_filter_is_removed(interlaced):
    filter_ = Deinterlacer()
    filter_.deinterlace(interlaced[0])
    start = 1_000
    for number in range(start, start + RESET_AFTER):
        assert len(filter_.deinterlace(progressive(number))) == 1  # the one before
    last = progressive(start + RESET_AFTER)
    assert times(filter_.deinterlace(last)) == [
        (start + RESET_AFTER - 1) / 25, (start + RESET_AFTER) / 25,
    ]  # fmt: skip
    following = progressive(start + RESET_AFTER + 1)
    assert filter_.deinterlace(following) == [(following, following.time)]
