"""Checks whether the camera delivers a frame, and why it does not."""

from typing import Final

from edge_agent.capture.camera import Camera, failure_of
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame
from edge_agent.check.findings import CheckResult, failure, ok
from edge_agent.settings.capture import CaptureSettings

CONNECT_S: Final = 5.0
MAX_ATTEMPTS: Final = 2
"""After so many failures with a known cause the check ends."""


def check_first_frame(camera: Camera, settings: CaptureSettings) -> CheckResult:
    """The size of the first frame, or the cause when none arrives in time."""
    timeout_s = settings.open_timeout_s + CONNECT_S
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                return ok(f"{moment.width_px} x {moment.height_px} from {camera.name}")
            if moment.elapsed_s > timeout_s or _is_hopeless(camera):
                break
    finally:
        camera.close()
    trouble = failure_of(camera) or CaptureFailure(FailureCause.UNKNOWN)
    return failure(f"{camera.name} delivers no frame: {trouble}")


def _is_hopeless(camera: Camera) -> bool:
    trouble = failure_of(camera)
    is_known = trouble is not None and trouble.cause is not FailureCause.UNKNOWN
    return is_known and camera.counters.reconnects >= MAX_ATTEMPTS
