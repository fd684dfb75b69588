from datetime import UTC, datetime

import numpy as np
import pytest

from edge_agent.capture.camera import Counters
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import CAUSE_SENTENCES, FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.check.camera import check_first_frame
from edge_agent.check.findings import Level
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SETTINGS = CaptureSettings(open_timeout_s=5.0)
FRAME = Frame(np.zeros((90, 160, 3), np.uint8), NOON, 0.5, 0)
REFUSED = CaptureFailure(FailureCause.PASSWORD_REFUSED)
UNKNOWN = CaptureFailure(FailureCause.UNKNOWN)


class PreparedCamera:
    """Yields these moments; each gap is one attempt to connect."""

    name = "rtsp://cam.example:554"
    state = CaptureState.STALLED

    def __init__(self, moments, failure=None):
        self.counters, self.failure, self.closed, self.read = Counters(), failure, 0, 0
        self._moments = moments

    def __iter__(self):
        for moment in self._moments:
            self.read += 1
            self.counters.reconnects += 1
            yield moment

    def close(self):
        self.closed += 1


def gaps(*seconds):
    return [FrameGap(NOON, at_s) for at_s in seconds]


def test_the_first_frame_is_reported_with_its_size():
    camera = PreparedCamera([*gaps(1, 2), FRAME, FRAME])
    result = check_first_frame(camera, SETTINGS)
    assert (result.level, result.found) == (Level.OK, "160 x 90 from rtsp://cam.example:554")
    assert (camera.read, camera.closed) == (3, 1)


def test_a_camera_is_given_its_time_to_open_and_five_seconds_more():
    camera = PreparedCamera(gaps(1, 5, 9, 10, 10.5, 11), UNKNOWN)
    result = check_first_frame(camera, SETTINGS)
    assert result.level is Level.FAILURE
    assert (camera.read, camera.closed) == (5, 1)


def test_a_known_cause_ends_the_check_after_two_attempts():
    camera = PreparedCamera(gaps(*range(9)), REFUSED)
    result = check_first_frame(camera, SETTINGS)
    assert result.found == (
        "rtsp://cam.example:554 delivers no frame: "
        + CAUSE_SENTENCES[FailureCause.PASSWORD_REFUSED]
    )
    assert (camera.read, camera.closed) == (2, 1)


@pytest.mark.parametrize("moments", [[], gaps(1, 2)])
def test_a_source_that_ends_without_a_frame_is_a_failure_with_an_unknown_cause(moments):
    result = check_first_frame(PreparedCamera(moments), SETTINGS)
    assert result.level is Level.FAILURE
    assert result.found.endswith(f"delivers no frame: {UNKNOWN}")


def test_the_camera_is_closed_when_reading_it_fails():
    def failing():
        raise OSError("no such device")
        yield

    camera = PreparedCamera(failing())
    with pytest.raises(OSError, match="no such device"):
        check_first_frame(camera, SETTINGS)
    assert camera.closed == 1
