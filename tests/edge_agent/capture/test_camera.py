"""Why a camera delivers no picture, where it can state it; errors without addresses."""

import errno

import pytest
from av.error import InvalidDataError

from edge_agent.capture.camera import FailureSource, Finite, describe_error, failure_of
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from wire.health import CaptureState

ENDED = CaptureFailure(FailureCause.STREAM_ENDED)
SECRET = "rtsp://admin:s3cr3t@host/live"


class Stating:
    """A camera in a state, with its last failure."""

    def __init__(self, state, failure=ENDED):
        self.state, self.failure = state, failure


class Silent:
    """A camera that cannot state a failure."""

    state = CaptureState.FAILED


@pytest.mark.parametrize(
    ("camera", "failure"),
    [
        (Stating(CaptureState.STREAMING), None),
        (Stating(CaptureState.ENDED), None),
        (Stating(CaptureState.STARTING), ENDED),
        (Stating(CaptureState.STALLED), ENDED),
        (Stating(CaptureState.FAILED), ENDED),
        (Stating(CaptureState.FAILED, None), None),
        (Silent(), None),
    ],
)
def test_a_failure_is_stated_while_no_picture_arrives(camera, failure):
    assert failure_of(camera) == failure


def test_capabilities_are_recognised_by_what_a_camera_offers():
    assert isinstance(Stating(CaptureState.FAILED), FailureSource)
    assert not isinstance(Silent(), FailureSource)
    assert not isinstance(Stating(CaptureState.FAILED), Finite)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EIO, "Input/output error", SECRET), "OSError: Input/output error"),
        (PermissionError(errno.EACCES, "Permission denied"), "PermissionError: Permission denied"),
        (OSError(SECRET), "OSError"),
        (ValueError(SECRET), "ValueError"),
        (InvalidDataError(1, "Invalid data found", SECRET), "InvalidDataError"),
    ],
)
def test_the_text_of_an_error_has_no_address(error, text):
    assert describe_error(error) == text
