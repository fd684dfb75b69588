"""How a source is classified: an existing path is a file, a path below /dev is a camera."""

import os
from pathlib import Path

import cv2
import pytest

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.capture.source import LiveSource, parse_source
from edge_agent.settings.capture import CaptureSettings

SETTINGS = CaptureSettings(isolated=False)
ODD_NAMES = (
    "a:b.mp4", "rtsp:clip.mp4", "http:clip.mp4", "file:clip.mp4", "C:clip.mp4", "C:\\clip.mp4",
    "clip#1.mp4", "clip?x=1.mp4", "100%.mp4", "clip%d.mp4", "clip%20one.mp4", "my clip.mp4",
    " clip.mp4", "[1].mp4", "clip@host.mp4", "clip&more=1.mp4", "Straße.mp4", "-clip.mp4",
    "concat:a.mp4", "pipe:0.mp4", "2026-11-29T08:00:00.mp4", "*.mp4",
)  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_that_exists_is_played_whatever_its_name(film, street, monkeypatch, name):
    clip = film((street(n / 10) for n in range(3)), name="plain.mp4")
    path = clip.rename(clip.with_name(name))
    monkeypatch.chdir(path.parent)
    for uri in (str(path), name, f"file://{path}"):
        camera = open_camera(uri, SETTINGS, speed=1000.0)
        assert sum(isinstance(moment, Frame) for moment in camera) >= 1


def test_a_file_address_may_be_percent_encoded(film, street):
    path = film((street(n / 10) for n in range(3)), name="my clip #1.mp4")
    assert parse_source(path.as_uri(), SETTINGS) == path
    assert parse_source(f"file://localhost{path}", SETTINGS) == path


def test_images_numbered_by_a_pattern_are_a_film(tmp_path, street):
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"picture:{number:03d}.png"), street(number / 10))
    moments = open_camera(str(tmp_path / "picture:%03d.png"), SETTINGS, speed=1000.0)
    assert sum(isinstance(moment, Frame) for moment in moments) >= 1


@pytest.mark.parametrize(
    "path",
    [
        "/dev/video9",
        "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0",
        "/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0",
        "/dev/my-camera",
        "/dev/null",  # a character device that exists
    ],
)
def test_whatever_lies_below_dev_is_a_camera_plugged_in_or_not(path):
    source = parse_source(path, SETTINGS)
    assert isinstance(source, LiveSource)
    assert (source.container, source.uri, source.name) == ("v4l2", path, path)


@pytest.mark.parametrize("target", ["/dev/null", "/dev/video97", "/dev/v4l/by-id/none"])
def test_a_link_to_a_device_is_a_camera(tmp_path, target):
    link, further = tmp_path / "camera:1", tmp_path / "further"
    link.symlink_to(target)
    further.symlink_to(link.name)
    for path in (link, further):
        source = parse_source(str(path), SETTINGS)
        assert isinstance(source, LiveSource)
        assert source.container == "v4l2"


def test_a_file_in_shared_memory_is_a_file_and_a_link_to_a_device_a_camera():
    path = Path("/dev/shm", f"onlooker-{os.getpid()}.mp4")
    assert parse_source(str(path), SETTINGS) == path
    path.write_bytes(b"x")
    try:
        assert parse_source(str(path), SETTINGS) == path
        path.unlink()
        path.symlink_to("/dev/video97")
        source = parse_source(str(path), SETTINGS)
        assert isinstance(source, LiveSource)
        assert source.container == "v4l2"
    finally:
        path.unlink()


@pytest.mark.parametrize("uri", ["C:\\Users\\me\\clip.mp4", "C:/clip.mp4", "clip.mp4", "a/b.mp4"])
def test_a_path_that_does_not_exist_is_named_as_missing(uri):
    with pytest.raises(CaptureError, match="no file"):
        open_camera(uri, SETTINGS)


@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://cam:s3cret@[fe80::1/live",
        "rtsp://cam:s3cret#x@host/live",
        "rtsp://cam:s3 cret@host/live",
        "rtsp://cam:s3cret@host:port/live",
        "rtmp://cam:s3cret@host/live",
        "udp://cam:s3cret@host",
        "rtsp:cam:s3cret@host/live",
        "file://cam:s3cret@host/clip.mp4",
        "rtsp://cam:s3cret@host/live\n",
        "",
        "s3cret\0",
    ],
)
def test_a_source_that_cannot_be_read_is_refused_without_its_password(uri):
    with pytest.raises(CaptureError) as refused:
        open_camera(uri, SETTINGS)
    assert "cret" not in str(refused.value)


def test_addresses_are_read_in_any_case_and_named_without_their_path():
    source = parse_source("RTSP://cam:p%40ss@Host.Example/Live?token=t0ken", SETTINGS)
    assert isinstance(source, LiveSource)
    assert source.name == "rtsp://host.example:554"
    assert "p%40ss" in source.uri
    assert "p%40ss" not in repr(source)


def test_a_folder_is_no_source(tmp_path):
    with pytest.raises(CaptureError, match="neither a file nor a camera"):
        open_camera(str(tmp_path), SETTINGS)
