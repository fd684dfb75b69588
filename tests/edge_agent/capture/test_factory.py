"""The right camera is opened for a source; what does not fit together is refused."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.dual_camera import DualCamera
from edge_agent.capture.factory import open_camera
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.frame import Frame
from edge_agent.capture.masked_camera import MaskedCamera
from edge_agent.capture.stream_camera import StreamCamera
from edge_agent.capture.workers.isolated_camera import IsolatedCamera
from edge_agent.settings.capture import CaptureSettings
from tests.edge_agent.films import write_film

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUICK = CaptureSettings()
HERE = CaptureSettings(isolated=False)
MASKED = CaptureSettings(isolated=False, masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),))
LIVE, OTHER = "rtsp://10.0.0.1/main", "rtsp://10.0.0.1/sub"


@pytest.fixture(scope="module")
def clip(street, tmp_path_factory):
    """Two seconds of the street."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return str(write_film(path, (street(n / 10) for n in range(20))))


@pytest.mark.parametrize(
    ("settings", "substream", "kind"),
    [
        (QUICK, None, IsolatedCamera),
        (QUICK, OTHER, IsolatedCamera),
        (HERE, None, StreamCamera),
        (HERE, OTHER, DualCamera),
        (MASKED, None, MaskedCamera),
    ],
)
def test_a_live_source_is_opened_as_the_settings_say(settings, substream, kind):
    assert type(open_camera(LIVE, settings, substream=substream)) is kind


def test_a_camera_whose_masks_may_change_can_be_masked(clip):
    assert type(open_camera(LIVE, HERE, changeable=True)) is MaskedCamera
    assert type(open_camera(clip, HERE)) is FileCamera
    assert type(open_camera(clip, MASKED)) is MaskedCamera


def first_at(clip, **how):
    camera = open_camera(clip, HERE, clock=lambda: EIGHT, **how)
    moment = next(iter(camera))
    camera.close()
    assert isinstance(moment, Frame)
    return moment.captured_at


@pytest.mark.parametrize(
    ("speed", "lead_s"), [(1.0, 0.0), (0.5, 0.0), (2.0, 1.0), (4.0, 1.5), (math.inf, 2.0)]
)
def test_a_file_that_is_played_fast_begins_so_that_it_ends_now(clip, speed, lead_s):
    begins_at = first_at(clip, speed=speed)
    assert begins_at == pytest.approx(EIGHT - timedelta(seconds=lead_s), abs=timedelta(0.0000023))


def test_a_start_that_is_given_is_used_at_any_speed(clip):
    starts_at = EIGHT - timedelta(days=1)
    assert first_at(clip, speed=math.inf, starts_at=starts_at) == starts_at


def test_a_source_that_does_not_exist_is_refused_at_once():
    with pytest.raises(CaptureError, match="no file"):
        open_camera("missing.mp4", HERE)


def test_a_file_has_no_substream(clip):
    with pytest.raises(CaptureError, match="a file has no substream"):
        open_camera(clip, QUICK, substream="rtsp://cam:s3cr3t@10.0.0.1/sub")
    with pytest.raises(CaptureError, match="is not live"):
        open_camera("rtsp://10.0.0.1/main", QUICK, substream=clip)
    with pytest.raises(CaptureError, match="begin it with rtsp://") as refusal:
        open_camera("rtsp://10.0.0.1/main", QUICK, substream="ftp://cam:s3cr3t@10.0.0.1/sub")
    assert "s3cr3t" not in str(refusal.value)
