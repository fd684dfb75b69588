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

from edge_agent.capture.failure_cause import SENTENCES, Cause


class NotLiveError(RuntimeError):
    """What was opened as a camera has an end already."""


_BY_TYPE: Final[tuple[tuple[type[BaseException], Cause], ...]] = (
    (NotLiveError, Cause.IS_A_RECORDING),
    (HTTPUnauthorizedError, Cause.PASSWORD_REFUSED),
    (HTTPForbiddenError, Cause.ACCESS_FORBIDDEN),
    (HTTPNotFoundError, Cause.NO_SUCH_STREAM),
    (HTTPTooManyRequestsError, Cause.TOO_MANY_VIEWERS),
    (HTTPClientError, Cause.REQUEST_REFUSED),
    (HTTPServerError, Cause.SERVER_FAILED),
    (DecoderNotFoundError, Cause.NO_DECODER),
    (ConnectionRefusedError, Cause.CONNECTION_REFUSED),
    (ConnectionError, Cause.CONNECTION_LOST),
    (BrokenPipeError, Cause.CONNECTION_LOST),
    (EOFError, Cause.CONNECTION_LOST),
    (ExitError, Cause.NO_ANSWER),  # our own time limit ended the call
    (TimeoutError, Cause.NO_ANSWER),
    (InvalidDataError, Cause.NOT_A_VIDEO),
    (IndexError, Cause.NOT_A_VIDEO),  # no video stream among the streams
)
_BY_NUMBER: Final = {
    errno.ENOENT: Cause.NO_SUCH_DEVICE,
    errno.ENODEV: Cause.NO_SUCH_DEVICE,
    errno.ENXIO: Cause.NO_SUCH_DEVICE,
    errno.ENOTTY: Cause.NOT_A_CAMERA,
    errno.EINVAL: Cause.NOT_A_CAMERA,
    errno.EISDIR: Cause.NOT_A_CAMERA,
    errno.EBUSY: Cause.DEVICE_BUSY,
    errno.EACCES: Cause.PERMISSION_DENIED,
    errno.EPERM: Cause.PERMISSION_DENIED,
    errno.EHOSTUNREACH: Cause.HOST_UNREACHABLE,
    errno.ENETUNREACH: Cause.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Cause.HOST_UNREACHABLE,
    errno.EADDRNOTAVAIL: Cause.HOST_UNREACHABLE,
}
AMBIGUOUS: Final = frozenset(
    (Cause.NOT_A_VIDEO, Cause.CONNECTION_LOST, Cause.NO_ANSWER, Cause.UNKNOWN)
)
OF_DEVICES: Final = frozenset(
    (Cause.NO_SUCH_DEVICE, Cause.NOT_A_CAMERA, Cause.DEVICE_BUSY, Cause.PERMISSION_DENIED)
)


class Trouble(msgspec.Struct, frozen=True):
    """One failure. `detail` is FFmpeg's or the system's fixed text, without any address."""

    cause: Cause
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, fit for a message that leaves the device."""
        return SENTENCES[self.cause]

    def __str__(self) -> str:
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


def trouble_from(error: BaseException) -> Trouble:
    """What an exception of FFmpeg or of the system says by itself."""
    return Trouble(_cause(error), _detail(error))


def of_network(trouble: Trouble) -> Trouble:
    """The same of a camera on the network, which is no device of this machine.

    FFmpeg gives these causes when what a server sends is refused, such as a link to a local file.
    """
    if trouble.cause not in OF_DEVICES:
        return trouble
    return Trouble(Cause.NOT_A_VIDEO, trouble.detail)


def timed_out(trouble: Trouble) -> Trouble:
    """The same, known to have taken all the time that an answer was waited for."""
    return Trouble(Cause.NO_ANSWER) if trouble.cause in AMBIGUOUS else trouble


def _cause(error: BaseException) -> Cause:
    number = getattr(error, "errno", None)
    if isinstance(error, OSError | FFmpegError) and number in _BY_NUMBER:
        return _BY_NUMBER[number]
    for kind, cause in _BY_TYPE:
        if isinstance(error, kind):
            return cause
    return Cause.UNKNOWN


def _detail(error: BaseException) -> str:
    """Never `str(error)`, which quotes the address."""
    told = getattr(error, "strerror", None)
    return told if isinstance(told, str) else type(error).__name__
