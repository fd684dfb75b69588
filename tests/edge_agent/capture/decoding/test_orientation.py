"""A camera that is mounted sideways, upside down or mirrored is measured upright."""

import struct
from collections import Counter
from itertools import product

import av
import cv2
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.frame_conversion import to_bgr, to_i420, to_luma
from edge_agent.capture.decoding.orientation import (
    UPRIGHT,
    Orientation,
    orientation_from_matrix,
    orientation_from_sei,
    rotate_planes_upright,
    rotate_upright,
)
from edge_agent.capture.decoding.sei import OrientationSei
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.capture.decoding.decoded import decode

SETTINGS = CaptureSettings(
    backoff_s=0.1, longest_backoff_s=0.2, open_timeout_s=5, analysed_fps=30, isolated=False
)
SOON_S = 30.0
ALL = [Orientation(*flags) for flags in product((False, True), repeat=3)]


@pytest.fixture(scope="module")
def corner():
    """A grey picture, 64 x 48, with a white corner at the upper left and a black one beside it."""
    image = np.full((48, 64, 3), 120, np.uint8)
    image[:16, :16] = 235
    image[:16, 48:] = 20
    return image


def distorted(image, orientation):
    """What the sensor saw, so that `upright` gives `image` back."""
    for candidate in ALL:
        sensed = rotate_upright(image, candidate)
        if rotate_upright(sensed, orientation).shape == image.shape and np.array_equal(
            rotate_upright(sensed, orientation), image
        ):
            return np.ascontiguousarray(sensed)
    raise AssertionError(orientation)


@pytest.mark.parametrize("orientation", ALL)
def test_planes_are_turned_like_colours(corner, orientation):
    planes = cv2.cvtColor(corner, cv2.COLOR_BGR2YUV_I420)
    turned = cv2.cvtColor(rotate_planes_upright(planes, orientation), cv2.COLOR_YUV2BGR_I420)
    assert np.abs(turned.astype(int) - rotate_upright(corner, orientation).astype(int)).max() < 12


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (0, UPRIGHT),
        (90, Orientation(swapped=True, rows_reversed=True)),
        (180, Orientation(rows_reversed=True, columns_reversed=True)),
        (270, Orientation(swapped=True, columns_reversed=True)),
        (88.0, Orientation(swapped=True, rows_reversed=True)),
    ],
)
def test_a_turn_anticlockwise_is_numpys_quarter(degrees, expected):
    found = orientation_from_sei(OrientationSei(degrees))
    assert found == expected
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert np.array_equal(rotate_upright(image, found), np.rot90(image, round(degrees / 90)))


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_picture_is_mirrored_first_and_turned_then(across, down, degrees):
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    mirrored = image[:, ::-1] if across else image
    mirrored = mirrored[::-1] if down else mirrored
    wanted = np.rot90(mirrored, degrees // 90)
    found = orientation_from_sei(OrientationSei(degrees, across, down))
    assert np.array_equal(rotate_upright(image, found), wanted)


def test_a_matrix_is_read_as_ffmpeg_writes_it():
    assert orientation_from_matrix([65536, 0, 0, 0, 65536]) == UPRIGHT
    assert orientation_from_matrix([0, -65536, 0, 65536, 0]) == orientation_from_sei(
        OrientationSei(90)
    )
    assert orientation_from_matrix([-65536, 0, 0, 0, 65536]) == Orientation(columns_reversed=True)


def with_sei(path, into, *orientations):
    """The film with an orientation message at each key picture, by FFmpeg's own filter."""
    with av.open(str(path)) as source, av.open(str(into), "w") as copy:
        stream = source.streams.video[0]
        out = copy.add_stream_from_template(stream)
        filters = [
            BitStreamFilterContext(f"h264_metadata=display_orientation=insert:{words}", stream)
            for words in orientations
        ]
        current = -1
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            current += packet.is_keyframe
            has_message = current < len(filters) and packet.is_keyframe
            for one in filters[current].filter(packet) if has_message else [packet]:
                one.stream = out
                copy.mux(one)
    return into


@pytest.mark.parametrize("name", ["clip.ts", "clip.mkv", "clip.mp4"])
@pytest.mark.parametrize("rest", [ActivityLevel.FULL, ActivityLevel.KEY_PICTURES])
def test_an_orientation_sent_once_holds_for_the_stream(film, corner, tmp_path, name, rest):
    whole = film((corner for _ in range(40)), name="whole.ts")
    turned = with_sei(whole, tmp_path / name, "rotate=90")
    pictures = decode(turned, rest)
    assert len(pictures) >= 4
    assert {one.orientation for one in pictures[1:]} == {orientation_from_sei(OrientationSei(90))}
    assert {to_bgr(one).shape for one in pictures[1:]} == {(64, 48, 3)}
    assert {to_luma(one).shape for one in pictures[1:]} == {(64, 48)}
    assert {to_i420(one).shape for one in pictures[1:]} == {(96, 48)}


def test_an_orientation_that_changes_holds_from_that_picture_on(film, corner, tmp_path):
    whole = film((corner for _ in range(50)), name="whole.ts")
    turned = with_sei(
        whole, tmp_path / "turned.mkv",
        "rotate=90", "rotate=180", "rotate=0", "rotate=90:flip=horizontal",
    )  # fmt: skip
    found = [one.orientation for one in decode(turned)]
    wanted = [(90, False), (180, False), (0, False), (90, True), (90, True)]
    assert found == [
        orientation_from_sei(OrientationSei(degrees, is_mirrored))
        for degrees, is_mirrored in wanted
        for _ in range(10)
    ]


def test_a_turned_mp4_is_upright_mirrored_or_not(film, corner):
    """As phones and editors write it: a matrix in the track's header."""
    for orientation in ALL:
        path = film((distorted(corner, orientation) for _ in range(12)), name="clip.mp4")
        a, b, c, d = _matrix(orientation)
        content = path.read_bytes()
        at = content.index(b"tkhd") + 4 + 40
        words = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
        path.write_bytes(content[:at] + struct.pack(">9i", *words) + content[at + 36 :])
        for moment in open_camera(str(path), SETTINGS, speed=1000.0):
            if isinstance(moment, Frame):
                assert np.abs(moment.image.astype(int) - corner.astype(int)).mean() < 6
                assert moment.luma().shape == corner.shape[:2]


def _matrix(orientation):
    across = -1 if orientation.columns_reversed else 1
    down = -1 if orientation.rows_reversed else 1
    return (0, down, across, 0) if orientation.swapped else (across, 0, 0, down)


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("has_substream", [False, True])
def test_a_live_camera_is_upright_in_every_process_and_stream(
    film, corner, tmp_path, live, isolated, has_substream
):
    orientation = orientation_from_sei(OrientationSei(90, is_mirrored=True))
    sensed = distorted(corner, orientation)
    large = film((cv2.resize(sensed, None, fx=4, fy=4) for _ in range(40)), name="large.ts")
    small = film((sensed for _ in range(40)), name="small.ts")
    large, small = (
        with_sei(path, tmp_path / f"turned-{path.name}", "rotate=90:flip=horizontal")
        for path in (large, small)
    )
    uri = live(large.read_bytes()).url
    substream = live(small.read_bytes()).url if has_substream else None
    settings = CaptureSettings(
        backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=30, isolated=isolated
    )
    luma_shape = corner.shape[:2] if has_substream else (192, 256)
    camera = open_camera(uri, settings, substream=substream)
    shapes, brightest = Counter(), set()
    for moment in camera:
        if isinstance(moment, Frame) and not moment.is_coarse:
            shapes[moment.image.shape, moment.luma().shape] += 1
            rows, columns = np.unravel_index(moment.luma().argmax(), moment.luma().shape)
            half = moment.luma().shape
            brightest.add((rows < half[0] / 2, columns < half[1] / 2))
        if shapes[(192, 256, 3), luma_shape] >= 10 or moment.elapsed_s > SOON_S:
            camera.close()
    assert shapes[(192, 256, 3), luma_shape] >= 10
    assert all(image == (192, 256, 3) for image, _ in shapes)
    assert (True, True) in brightest
    assert len(brightest) == 1
