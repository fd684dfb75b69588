"""One HTTP request with a deadline for the whole call and a limit for the response.

`urllib` limits each read, not the call: a server that sends a byte at a time can hold it for hours,
in the handshake, the headers or the body. Here a timer closes the connection at the deadline.
Redirects are not followed and proxies are not used.
"""

import base64
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from wire.addresses import NetworkAddress
from wire.web.web_request import failure_of

CHUNK_BYTES: Final = 64 * 1024
SILENCE_S: Final = 20.0
_TARGET: Final = re.compile(r"[/?]")


class HttpRequestError(RuntimeError):
    """A request without a complete response. The message holds no part of the address."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response of any status."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits: seconds of the whole call, seconds of one read, bytes of the response."""

    within_s: float
    limit_bytes: int
    silence_s: float = SILENCE_S


def send_request(
    address: NetworkAddress,
    bounds: HttpLimits,
    *,
    method: str = "GET",
    body: bytes | BinaryIO | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Send one request and read the complete response, or raise HttpRequestError."""
    call = _BoundedCall(address, bounds)
    try:
        return call.send(method, body, dict(headers or {}))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HttpRequestError(call.trouble or failure_of(error)) from None
    finally:
        call.close()


class _Http(http.client.HTTPConnection):
    """Keeps its socket, which the base class drops when the response begins."""

    raw_socket: socket.socket | None = None

    def connect(self) -> None:
        super().connect()
        self.raw_socket = self.sock


class _Https(http.client.HTTPSConnection):
    """Keeps its socket from before the handshake, so that the handshake can be ended too."""

    raw_socket: socket.socket | None = None

    def __init__(self, host: str, port: int | None, *, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=timeout, context=self._tls)

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.raw_socket = self.sock
        self.sock.do_handshake()


class _BoundedCall:
    """One connection with its deadline."""

    def __init__(self, address: NetworkAddress, bounds: HttpLimits) -> None:
        kind = _Https if address.is_secure else _Http
        wait_s = min(bounds.silence_s, bounds.within_s)
        self._connection = kind(address.host, address.port, timeout=wait_s)
        self._address = address
        self._bounds = bounds
        self._ends_s = time.monotonic() + bounds.within_s
        self._timer = threading.Timer(bounds.within_s, self._cut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def trouble(self) -> str:
        """Why the connection was closed; empty if it was not."""
        is_late = time.monotonic() >= self._ends_s
        return f"it takes longer than {self._bounds.within_s:g} s" if is_late else ""

    def send(
        self, method: str, body: bytes | BinaryIO | None, headers: dict[str, str]
    ) -> HttpResponse:
        headers.setdefault("Connection", "close")
        headers.update(_authorization(self._address))
        self._connection.request(method, _target(self._address), body=body, headers=headers)
        with closing(self._connection.getresponse()) as answer:
            content = self._read(answer)
        if self.trouble:
            raise OSError(self.trouble)
        return HttpResponse(answer.status, content, dict(answer.getheaders()))

    def close(self) -> None:
        self._timer.cancel()
        self._connection.close()

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        content = bytearray()
        while chunk := answer.read(CHUNK_BYTES):
            content += chunk
            if len(content) > self._bounds.limit_bytes:
                raise HttpRequestError(f"it sends more than {self._bounds.limit_bytes} bytes")
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        return bytes(content)

    def _cut(self) -> None:
        line = self._connection.raw_socket
        if line is not None:
            with suppress(OSError):  # not SSLSocket.shutdown, which would change it under a read
                socket.socket.shutdown(line, socket.SHUT_RDWR)


def _target(address: NetworkAddress) -> str:
    rest = address.without_credentials_uri().partition("://")[2]
    found = _TARGET.search(rest)
    target = rest[found.start() :] if found else "/"
    return target if target.startswith("/") else f"/{target}"


def _authorization(address: NetworkAddress) -> dict[str, str]:
    if address.username is None and address.password is None:
        return {}
    pair = f"{address.username or ''}:{address.password or ''}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
