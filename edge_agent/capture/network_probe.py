"""Probes the network path to a camera when the error of FFmpeg is ambiguous.

One name lookup, one TCP connection and, for TLS, one handshake, within one time limit. The
handshake verifies the certificate of the camera only where its authority is configured.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from edge_agent.capture.failure import AMBIGUOUS_CAUSES, CaptureFailure, failure_from_exception
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.rtsp_status import read_rtsp_status
from wire.addresses import NetworkAddress

PROBE_TIMEOUT_S: Final = 3.0
NOT_ENOUGH_BANDWIDTH: Final = 453  # RFC 2326, 7.1.1
REDIRECTIONS: Final = range(300, 400)
RTSP_CAUSES: Final = frozenset((FailureCause.REQUEST_REFUSED, FailureCause.NOT_A_VIDEO))


def refine_with_network(
    failure: CaptureFailure,
    address: NetworkAddress,
    *,
    ca_file: str = "",
    within_s: float = PROBE_TIMEOUT_S,
) -> CaptureFailure:
    """The failure, or a more exact one when the host of the camera cannot be reached."""
    if address.scheme in ("rtsp", "rtsps") and failure.cause in RTSP_CAUSES:
        failure = _with_rtsp_status(failure, address, ca_file, within_s)
    if failure.cause not in AMBIGUOUS_CAUSES:
        return failure
    found = probe_network(address, ca_file=ca_file, within_s=within_s)
    if found is not None:
        return found
    if failure.cause is FailureCause.UNKNOWN and failure.detail == "Input/output error":
        return CaptureFailure(FailureCause.CONNECTION_LOST, failure.detail)
    return failure


def _with_rtsp_status(
    failure: CaptureFailure, address: NetworkAddress, ca_file: str, within_s: float
) -> CaptureFailure:
    """Add the RTSP status: FFmpeg has one error for most statuses, and none for a redirection."""
    context = _tls_context(ca_file) if address.is_secure else None
    status = read_rtsp_status(address, context, within_s=within_s)
    if status == NOT_ENOUGH_BANDWIDTH:
        return CaptureFailure(
            FailureCause.TOO_MANY_VIEWERS, "RTSP status 453, not enough bandwidth"
        )
    if status in REDIRECTIONS:
        return CaptureFailure(FailureCause.REDIRECTED, f"RTSP status {status}")
    if status is not None and failure.cause is FailureCause.REQUEST_REFUSED:
        return CaptureFailure(failure.cause, f"RTSP status {status}")
    return failure


def probe_network(
    address: NetworkAddress,
    *,
    within_s: float,
    ca_file: str = "",
    steady: Callable[[], float] = time.monotonic,
) -> CaptureFailure | None:
    """Why the address cannot be connected to; None when it can."""
    ends_s = steady() + within_s
    try:
        socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return CaptureFailure(
            FailureCause.NAME_NOT_RESOLVED, getattr(error, "strerror", None) or ""
        )
    try:
        with socket.create_connection(
            (address.host, address.port or 0), timeout=max(ends_s - steady(), 0.1)
        ) as connection:
            connection.settimeout(max(ends_s - steady(), 0.1))
            return _tls_failure(connection, address, ca_file) if address.is_secure else None
    except OSError as error:
        return failure_from_exception(error)


def _tls_failure(
    connection: socket.socket, address: NetworkAddress, ca_file: str
) -> CaptureFailure | None:
    try:
        context = _tls_context(ca_file)
        context.wrap_socket(connection, server_hostname=address.host if ca_file else None).close()
    except ssl.SSLCertVerificationError as error:
        return CaptureFailure(FailureCause.TLS_UNTRUSTED, error.verify_message)
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None)
        return CaptureFailure(FailureCause.TLS_FAILED, reason if isinstance(reason, str) else "")
    return None


def _tls_context(ca_file: str) -> ssl.SSLContext:
    """A context that trusts the given authority, or any certificate without one."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
