"""The causes for which a camera delivers no picture, each with a sentence that says what to do.

The sentences leave the device in alarms. They are fixed texts without any part of an address.
"""

from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """What keeps the pictures away."""

    PASSWORD_REFUSED = "password_refused"  # noqa: S105  the name of a cause
    ACCESS_FORBIDDEN = "access_forbidden"
    NO_SUCH_STREAM = "no_such_stream"
    REQUEST_REFUSED = "request_refused"
    TOO_MANY_VIEWERS = "too_many_viewers"
    REDIRECTED = "redirected"
    SERVER_FAILED = "server_failed"
    NAME_NOT_RESOLVED = "name_not_resolved"
    HOST_UNREACHABLE = "host_unreachable"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_LOST = "connection_lost"
    NO_ANSWER = "no_answer"
    STREAM_STALLED = "stream_stalled"
    TLS_FAILED = "tls_failed"
    TLS_UNTRUSTED = "tls_untrusted"
    NO_SUCH_DEVICE = "no_such_device"
    NOT_A_CAMERA = "not_a_camera"
    DEVICE_BUSY = "device_busy"
    PERMISSION_DENIED = "permission_denied"
    NOT_A_VIDEO = "not_a_video"
    NO_DECODER = "no_decoder"
    IS_A_RECORDING = "is_a_recording"
    RECORDING_DAMAGED = "recording_damaged"
    STREAM_ENDED = "stream_ended"
    WORKER_FAILED = "worker_failed"
    UNKNOWN = "unknown"


SENTENCES: Final = {
    Cause.PASSWORD_REFUSED: "the camera refuses the user name or password: correct them",
    Cause.ACCESS_FORBIDDEN: "the camera forbids access: allow this user, or this device's address",
    Cause.NO_SUCH_STREAM: "the camera has no such stream: correct the path of its address",
    Cause.REQUEST_REFUSED: "the camera refuses the request: correct the path of its address, close "
    "other viewers of the camera, and allow RTSP over TCP in its settings",
    Cause.TOO_MANY_VIEWERS: "the camera serves too many viewers: close one, or raise its limit",
    Cause.REDIRECTED: "the camera refers to another address, which does not work: give the new one",
    Cause.SERVER_FAILED: "the camera reports a fault of its own: restart it",
    Cause.NAME_NOT_RESOLVED: "the camera's host name is not known: correct it, or check the DNS",
    Cause.HOST_UNREACHABLE: "the camera's host cannot be reached: check its power and network",
    Cause.CONNECTION_REFUSED: "the camera's host refuses the connection: correct the port, or "
    "switch its streaming service on",
    Cause.CONNECTION_LOST: "the camera closes the connection: check its network and its log",
    Cause.NO_ANSWER: "the camera does not answer in time: check its power and network",
    Cause.STREAM_STALLED: "the camera stops sending in the middle of its stream: check its network",
    Cause.TLS_FAILED: "no TLS connection to the camera can be made: correct the scheme or the port",
    Cause.TLS_UNTRUSTED: "the camera's certificate is not of the authority that was given: correct "
    "capture.ca_file, or the camera's certificate",
    Cause.NO_SUCH_DEVICE: "there is no such device: check its cable and its name in /dev/v4l/by-id",
    Cause.NOT_A_CAMERA: "the device is no camera that captures: give another of /dev/v4l/by-id",
    Cause.DEVICE_BUSY: "another program uses the device: end that program",
    Cause.PERMISSION_DENIED: "this user may not read it: add the user to the group video",
    Cause.NOT_A_VIDEO: "what comes is no video that can be read: correct the path of the address",
    Cause.NO_DECODER: "the video's codec is not supported: set the camera to H.264 or MJPEG",
    Cause.IS_A_RECORDING: "the address leads to a recording, not to a live camera: give the live "
    "stream, or download the file and give its path",
    Cause.RECORDING_DAMAGED: "parts of the recording cannot be read: their time is unobserved, "
    "copy the file again",
    Cause.STREAM_ENDED: "the camera ended its stream: it is called again",
    Cause.WORKER_FAILED: "the process that reads the camera failed: it is started again",
    Cause.UNKNOWN: "the camera does not deliver pictures: check its power, network and address",
}
