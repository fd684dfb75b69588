"""One camera with two streams: which stream is decoded, and what happens without one of them."""

import time

import cv2
import pytest

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.films import write_film

QUICK = CaptureSettings(
    open_timeout_s=2, read_timeout_s=1, backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=10
)
LARGE, SMALL = (360, 640), (180, 320)
SOON_S = 30.0


@pytest.fixture(scope="module")
def films(street, tmp_path_factory):
    """The same view twice, large and small."""
    folder = tmp_path_factory.mktemp("films")
    pictures = [street(n / 10, [(40 + 3 * n, 60)]) for n in range(40)]
    large = write_film(folder / "large.ts", (cv2.resize(one, LARGE[::-1]) for one in pictures))
    small = write_film(folder / "small.ts", pictures)
    return large.read_bytes(), small.read_bytes()


@pytest.fixture
def streams(films, live):
    """A camera for each of the films."""
    large, small = films
    return live(large), live(small)


def watch(moments, wanted):
    """Read moments up to the first that is wanted, and return it."""
    deadline = time.monotonic() + SOON_S
    for moment in moments:
        if wanted(moment):
            return moment
        assert time.monotonic() < deadline
    raise AssertionError("the camera ended")


def is_whole(moment):
    return isinstance(moment, Frame) and not moment.is_coarse and moment.luma().shape == SMALL


def is_coarse(moment):
    return isinstance(moment, Frame) and moment.is_coarse


@pytest.mark.parametrize("isolated", [True, False])
def test_faces_come_from_the_large_stream_and_motion_from_the_small_one(streams, isolated):
    large, small = streams
    settings = CaptureSettings(isolated=isolated, analysed_fps=10)
    camera = open_camera(large.url, settings, substream=small.url)
    assert camera.rest_after_s == 2.0
    moments = iter(camera)
    frame = watch(moments, is_whole)
    assert frame.image.shape == (*LARGE, 3)
    camera.set_activity(ActivityLevel.KEY_PICTURES)
    frame = watch(moments, is_coarse)
    assert frame.image.shape == (*SMALL, 3)
    assert frame.luma().shape == SMALL
    camera.set_activity(ActivityLevel.FULL)
    assert watch(moments, is_whole).image.shape == (*LARGE, 3)
    camera.close()
    moments.close()


def test_without_the_small_stream_the_large_one_serves_both(streams):
    large, small = streams
    camera = open_camera(large.url, QUICK, substream=small.url)
    moments = iter(camera)
    watch(moments, is_whole)
    small.behaviour = "close"
    alone = watch(moments, lambda m: isinstance(m, Frame) and m.luma().shape == LARGE)
    assert not alone.is_coarse
    small.behaviour = "stream"
    watch(moments, is_whole)
    camera.close()
    moments.close()


def test_without_the_large_stream_the_camera_is_offline_until_it_returns(streams):
    large, small = streams
    camera = open_camera(large.url, QUICK, substream=small.url)
    moments = iter(camera)
    watch(moments, is_whole)
    large.behaviour = "close"
    watch(moments, lambda m: isinstance(m, FrameGap) and not m.resting)
    large.behaviour = "stream"
    assert watch(moments, is_whole).image.shape == (*LARGE, 3)
    camera.close()
    moments.close()


def test_missing_hardware_decoding_is_logged_once_and_software_decodes(streams, caplog):
    large, _ = streams
    for isolated in (True, False):
        settings = CaptureSettings(isolated=isolated, hwaccel="videotoolbox", backoff_s=0.1)
        camera = open_camera(large.url, settings)
        moments = iter(camera)
        watch(moments, lambda m: isinstance(m, Frame))
        camera.close()
        moments.close()
        logged = [r for r in caplog.records if r.message == "capture.software"]
        assert [record.wanted for record in logged] == ["videotoolbox"]
        assert "s3cr3t" not in str(vars(logged[0]))
        caplog.clear()
