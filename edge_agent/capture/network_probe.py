"""Where the way to a camera ends, asked of the network when FFmpeg's error does not tell.

One name lookup, one connection and, for TLS, one handshake, each with the time that is left. The
handshake checks the camera's certificate only where its authority is given.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from edge_agent.capture.failure import AMBIGUOUS, Trouble, trouble_from
from edge_agent.capture.failure_cause import Cause
from edge_agent.capture.rtsp_status import read_rtsp_status
from wire.addresses import NetworkAddress

REACH_WITHIN_S: Final = 3.0
NOT_ENOUGH_BANDWIDTH: Final = 453  # RFC 2326, 7.1.1
REDIRECTIONS: Final = range(300, 400)
ASKED_OF_RTSP: Final = frozenset((Cause.REQUEST_REFUSED, Cause.NOT_A_VIDEO))


def with_network(
    trouble: Trouble,
    address: NetworkAddress,
    *,
    ca_file: str = "",
    within_s: float = REACH_WITHIN_S,
) -> Trouble:
    """`trouble` as it is, or a more exact one when the camera's host cannot be spoken to."""
    if address.scheme in ("rtsp", "rtsps") and trouble.cause in ASKED_OF_RTSP:
        trouble = _with_rtsp_status(trouble, address, ca_file, within_s)
    if trouble.cause not in AMBIGUOUS:
        return trouble
    found = unreachable(address, ca_file=ca_file, within_s=within_s)
    if found is not None:
        return found
    if trouble.cause is Cause.UNKNOWN and trouble.detail == "Input/output error":
        return Trouble(Cause.CONNECTION_LOST, trouble.detail)
    return trouble


def _with_rtsp_status(
    trouble: Trouble, address: NetworkAddress, ca_file: str, within_s: float
) -> Trouble:
    """FFmpeg has one error for most RTSP statuses, and none for a redirection it cannot follow."""
    context = _trust(ca_file) if address.is_secure else None
    status = read_rtsp_status(address, context, within_s=within_s)
    if status == NOT_ENOUGH_BANDWIDTH:
        return Trouble(Cause.TOO_MANY_VIEWERS, "RTSP status 453, not enough bandwidth")
    if status in REDIRECTIONS:
        return Trouble(Cause.REDIRECTED, f"RTSP status {status}")
    if status is not None and trouble.cause is Cause.REQUEST_REFUSED:
        return Trouble(trouble.cause, f"RTSP status {status}")
    return trouble


def unreachable(
    address: NetworkAddress,
    *,
    within_s: float,
    ca_file: str = "",
    steady: Callable[[], float] = time.monotonic,
) -> Trouble | None:
    """Why no connection to the address can be made; None when one can."""
    ends_s = steady() + within_s
    try:
        socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Trouble(Cause.NAME_NOT_RESOLVED, getattr(error, "strerror", None) or "")
    try:
        with socket.create_connection(
            (address.host, address.port or 0), timeout=max(ends_s - steady(), 0.1)
        ) as connection:
            connection.settimeout(max(ends_s - steady(), 0.1))
            return _tls_trouble(connection, address, ca_file) if address.is_secure else None
    except OSError as error:
        return trouble_from(error)


def _tls_trouble(
    connection: socket.socket, address: NetworkAddress, ca_file: str
) -> Trouble | None:
    try:
        context = _trust(ca_file)
        context.wrap_socket(connection, server_hostname=address.host if ca_file else None).close()
    except ssl.SSLCertVerificationError as error:
        return Trouble(Cause.TLS_UNTRUSTED, error.verify_message)
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None)
        return Trouble(Cause.TLS_FAILED, reason if isinstance(reason, str) else "")
    return None


def _trust(ca_file: str) -> ssl.SSLContext:
    """The authority that was given, or everybody."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
