"""Reads the status with which a camera answers RTSP requests, for a more exact failure cause.

FFmpeg keeps the status only in its log, which quotes addresses. So OPTIONS and DESCRIBE are sent
again, without credentials. A status that the camera gives to SETUP or PLAY alone is not found.
"""

import re
import socket
import ssl
from contextlib import suppress
from typing import Final

from wire.addresses import NetworkAddress

REQUESTS: Final = ("OPTIONS", "DESCRIBE")
SUCCESS: Final = range(200, 300)
UNAUTHORIZED: Final = 401
LARGEST_ANSWER_BYTES: Final = 64 * 1024
STATUS_LINE: Final = re.compile(rb"RTSP/\d\.\d (\d{3})[^\r\n]*\r\n")


def read_rtsp_status(
    address: NetworkAddress, context: ssl.SSLContext | None, *, within_s: float
) -> int | None:
    """The first status that is neither success nor a request for credentials; None without one.

    `within_s` limits each step of the exchange.
    """
    with suppress(OSError, ValueError):
        endpoint = address.host, address.port or 554
        with socket.create_connection(endpoint, timeout=within_s) as connection:
            if context is None:
                return _read_statuses(connection, address)
            with context.wrap_socket(connection, server_hostname=address.host) as secured:
                return _read_statuses(secured, address)
    return None


def _read_statuses(connection: socket.socket, address: NetworkAddress) -> int | None:
    uri = address.without_credentials_uri()
    for number, method in enumerate(REQUESTS, 1):
        connection.sendall(f"{method} {uri} RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
        found = STATUS_LINE.match(_read_head(connection))
        status = int(found[1]) if found else None
        if status is None or status == UNAUTHORIZED:
            return None
        if status not in SUCCESS:
            return status
    return None


def _read_head(connection: socket.socket) -> bytes:
    """An answer up to the empty line; what follows DESCRIBE's is not needed."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LARGEST_ANSWER_BYTES:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head
