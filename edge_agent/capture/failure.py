"""Derives the cause of a capture failure from an exception of FFmpeg or of the system.

FFmpeg reports many failures as "Input/output error" or "Invalid data". Causes that are ambiguous
are narrowed down by `network_probe.py`. No part of an address enters a failure.
"""

import errno
from typing import Final

import msgspec
from av.error import (
    DecoderNotFoundError,
    ExitError,
    FFmpegError,
    HTTPClientError,
    HTTPForbiddenError,
    HTTPNotFoundError,
    HTTPServerError,
    HTTPTooManyRequestsError,
    HTTPUnauthorizedError,
    InvalidDataError,
)

from edge_agent.capture.failure_cause import CAUSE_SENTENCES, FailureCause


class NotLiveError(RuntimeError):
    """The source was opened as a live camera but is a finished recording."""


_BY_TYPE: Final[tuple[tuple[type[BaseException], FailureCause], ...]] = (
    (NotLiveError, FailureCause.IS_A_RECORDING),
    (HTTPUnauthorizedError, FailureCause.PASSWORD_REFUSED),
    (HTTPForbiddenError, FailureCause.ACCESS_FORBIDDEN),
    (HTTPNotFoundError, FailureCause.NO_SUCH_STREAM),
    (HTTPTooManyRequestsError, FailureCause.TOO_MANY_VIEWERS),
    (HTTPClientError, FailureCause.REQUEST_REFUSED),
    (HTTPServerError, FailureCause.SERVER_FAILED),
    (DecoderNotFoundError, FailureCause.NO_DECODER),
    (ConnectionRefusedError, FailureCause.CONNECTION_REFUSED),
    (ConnectionError, FailureCause.CONNECTION_LOST),
    (BrokenPipeError, FailureCause.CONNECTION_LOST),
    (EOFError, FailureCause.CONNECTION_LOST),
    (ExitError, FailureCause.NO_ANSWER),  # the time limit of the call
    (TimeoutError, FailureCause.NO_ANSWER),
    (InvalidDataError, FailureCause.NOT_A_VIDEO),
    (IndexError, FailureCause.NOT_A_VIDEO),  # no video stream among the streams
)
_BY_NUMBER: Final = {
    errno.ENOENT: FailureCause.NO_SUCH_DEVICE,
    errno.ENODEV: FailureCause.NO_SUCH_DEVICE,
    errno.ENXIO: FailureCause.NO_SUCH_DEVICE,
    errno.ENOTTY: FailureCause.NOT_A_CAMERA,
    errno.EINVAL: FailureCause.NOT_A_CAMERA,
    errno.EISDIR: FailureCause.NOT_A_CAMERA,
    errno.EBUSY: FailureCause.DEVICE_BUSY,
    errno.EACCES: FailureCause.PERMISSION_DENIED,
    errno.EPERM: FailureCause.PERMISSION_DENIED,
    errno.EHOSTUNREACH: FailureCause.HOST_UNREACHABLE,
    errno.ENETUNREACH: FailureCause.HOST_UNREACHABLE,
    errno.EHOSTDOWN: FailureCause.HOST_UNREACHABLE,
    errno.EADDRNOTAVAIL: FailureCause.HOST_UNREACHABLE,
}
AMBIGUOUS_CAUSES: Final = frozenset(
    (
        FailureCause.NOT_A_VIDEO,
        FailureCause.CONNECTION_LOST,
        FailureCause.NO_ANSWER,
        FailureCause.UNKNOWN,
    )
)
DEVICE_CAUSES: Final = frozenset(
    (
        FailureCause.NO_SUCH_DEVICE,
        FailureCause.NOT_A_CAMERA,
        FailureCause.DEVICE_BUSY,
        FailureCause.PERMISSION_DENIED,
    )
)


class CaptureFailure(msgspec.Struct, frozen=True):
    """One failure. `detail` is FFmpeg's or the system's fixed text, without any address."""

    cause: FailureCause
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong and what to do; the text may leave the device."""
        return CAUSE_SENTENCES[self.cause]

    def __str__(self) -> str:
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


def failure_from_exception(error: BaseException) -> CaptureFailure:
    """The failure that an exception of FFmpeg or of the system states."""
    return CaptureFailure(_cause(error), _detail(error))


def as_network_failure(failure: CaptureFailure) -> CaptureFailure:
    """The failure of a network camera, where the cause is one of local devices.

    FFmpeg gives these causes when it refuses data from a server, such as a link to a local file.
    """
    if failure.cause not in DEVICE_CAUSES:
        return failure
    return CaptureFailure(FailureCause.NOT_A_VIDEO, failure.detail)


def as_timeout(failure: CaptureFailure) -> CaptureFailure:
    """The failure of a call that took the whole time limit."""
    return CaptureFailure(FailureCause.NO_ANSWER) if failure.cause in AMBIGUOUS_CAUSES else failure


def _cause(error: BaseException) -> FailureCause:
    number = getattr(error, "errno", None)
    if isinstance(error, OSError | FFmpegError) and number in _BY_NUMBER:
        return _BY_NUMBER[number]
    for kind, cause in _BY_TYPE:
        if isinstance(error, kind):
            return cause
    return FailureCause.UNKNOWN


def _detail(error: BaseException) -> str:
    """The text of the error; never `str(error)`, which contains the address."""
    reason = getattr(error, "strerror", None)
    return reason if isinstance(reason, str) else type(error).__name__
