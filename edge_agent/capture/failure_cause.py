"""The causes for which a camera delivers no picture, each with a sentence that says what to do.

The sentences leave the device in alarms. They are fixed texts without any part of an address.
"""

from enum import StrEnum
from typing import Final


class FailureCause(StrEnum):
    """Why no picture arrives."""

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


CAUSE_SENTENCES: Final = {
    FailureCause.PASSWORD_REFUSED: "the camera refuses the user name or password: correct them",
    FailureCause.ACCESS_FORBIDDEN: "the camera forbids access: allow this user, or the address of "
    "this device",
    FailureCause.NO_SUCH_STREAM: "the camera has no such stream: correct the path of its address",
    FailureCause.REQUEST_REFUSED: "the camera refuses the request: correct the path of its "
    "address, close other viewers of the camera, and allow RTSP over TCP in its settings",
    FailureCause.TOO_MANY_VIEWERS: "the camera has too many viewers: close one, or raise its limit",
    FailureCause.REDIRECTED: "the camera refers to another address, which does not work: give the "
    "new one",
    FailureCause.SERVER_FAILED: "the camera reports an internal error: restart it",
    FailureCause.NAME_NOT_RESOLVED: "the host name of the camera does not resolve: correct it, or "
    "check the DNS",
    FailureCause.HOST_UNREACHABLE: "the host of the camera cannot be reached: check its power and "
    "network",
    FailureCause.CONNECTION_REFUSED: "the host of the camera refuses the connection: correct the "
    "port, or switch its streaming service on",
    FailureCause.CONNECTION_LOST: "the camera closes the connection: check its network and its log",
    FailureCause.NO_ANSWER: "the camera does not answer in time: check its power and network",
    FailureCause.STREAM_STALLED: "the camera stops sending in the middle of its stream: check its "
    "network",
    FailureCause.TLS_FAILED: "the TLS connection to the camera fails: correct the scheme or the "
    "port",
    FailureCause.TLS_UNTRUSTED: "the certificate of the camera is not issued by the given "
    "authority: correct capture.ca_file, or the certificate of the camera",
    FailureCause.NO_SUCH_DEVICE: "there is no such device: check its cable and its name in "
    "/dev/v4l/by-id",
    FailureCause.NOT_A_CAMERA: "the device does not capture video: give another of /dev/v4l/by-id",
    FailureCause.DEVICE_BUSY: "another program uses the device: end that program",
    FailureCause.PERMISSION_DENIED: "this user may not read it: add the user to the group video",
    FailureCause.NOT_A_VIDEO: "the data is not a readable video: correct the path of the address",
    FailureCause.NO_DECODER: "the video codec is not supported: set the camera to H.264 or MJPEG",
    FailureCause.IS_A_RECORDING: "the address leads to a recording, not to a live camera: give the "
    "live stream, or download the file and give its path",
    FailureCause.RECORDING_DAMAGED: "parts of the recording cannot be read: their time is "
    "unobserved, copy the file again",
    FailureCause.STREAM_ENDED: "the camera ended its stream: the agent reconnects",
    FailureCause.WORKER_FAILED: "the process that reads the camera failed: the agent restarts it",
    FailureCause.UNKNOWN: "the camera delivers no pictures: check its power, network and address",
}
