"""Whether the camera delivers a picture, and why it does not."""

from edge_agent.capture import Camera, Cause, Trouble, trouble_of
from edge_agent.check.finding import Verdict, failure, ok
from edge_agent.frame import Frame
from edge_agent.settings import CaptureSettings

CONNECT_S = 5.0


def first_picture(camera: Camera, settings: CaptureSettings) -> Verdict:
    """The size of the camera's first picture, or the cause when none comes in time."""
    patience_s = settings.open_timeout_s + CONNECT_S
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                return ok(f"{moment.width_px} x {moment.height_px} from {camera.name}")
            if moment.elapsed_s > patience_s:
                break
    finally:
        camera.close()
    trouble = trouble_of(camera) or Trouble(Cause.UNKNOWN)
    return failure(f"{camera.name} delivers no picture: {trouble}")
