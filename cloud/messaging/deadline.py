"""A deadline for a whole call over a socket: connection, TLS, request and answer.

A socket timeout restarts with every byte that arrives, so a peer that sends a byte now and then
delays a call indefinitely. These sockets apply the remaining time to every operation. A name lookup
cannot be cancelled: the caller must be able to abandon the thread.
"""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cloud.messaging.failures import PrivateAddressError

Steady = Callable[[], float]
AddressFilter = Callable[[str], bool]
"""Whether a connection may go to an IP address."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a call, on a steady clock."""

    ends_s: float
    clock: Steady = field(default=time.monotonic)

    @classmethod
    def after(cls, seconds: float, clock: Steady = time.monotonic) -> "Deadline":
        """`seconds` from now."""
        return cls(clock() + seconds, clock)

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return self.clock() >= self.ends_s

    def left_s(self) -> float:
        """Seconds that are left, more than zero; TimeoutError when there are none."""
        left = self.ends_s - self.clock()
        if left <= 0:
            raise TimeoutError("the time for the whole call is over")
        return left


class _PlainSocket(socket.socket):
    """A TCP socket whose every operation ends at the deadline."""

    deadline: Deadline

    def recv_into(self, *arguments: Any, **more: Any) -> int:
        """Receive in the time that is left."""
        self.settimeout(self.deadline.left_s())
        return super().recv_into(*arguments, **more)

    def sendall(self, *arguments: Any, **more: Any) -> None:
        """Send in the time that is left."""
        self.settimeout(self.deadline.left_s())
        super().sendall(*arguments, **more)


class _TlsSocket(ssl.SSLSocket):
    """The same with TLS."""

    deadline: Deadline

    def recv_into(self, *arguments: Any, **more: Any) -> int:
        """Receive in the time that is left."""
        self.settimeout(self.deadline.left_s())
        return super().recv_into(*arguments, **more)

    def send(self, *arguments: Any, **more: Any) -> int:
        """Send in the time that is left; `sendall` of a TLS socket calls it."""
        self.settimeout(self.deadline.left_s())
        return super().send(*arguments, **more)


def accept_any(_address: str) -> bool:
    """The filter for targets that operators have chosen."""
    return True


def connect(
    host: str,
    port: int,
    deadline: Deadline,
    tls: ssl.SSLContext | None = None,
    is_allowed: AddressFilter = accept_any,
) -> socket.socket:
    """A connection to the first allowed address of `host` that answers.

    Raises:
        PrivateAddressError: no address is allowed.
        OSError: none answers in time (TimeoutError), or TLS cannot be agreed on (ssl.SSLError).
    """
    reason: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        if not is_allowed(str(address[0])):
            reason = reason or PrivateAddressError()
            continue
        try:
            plain = _open(family, kind, protocol, address, deadline)
        except OSError as error:
            reason = error
            continue
        return plain if tls is None else _with_tls(plain, host, deadline, tls)
    raise reason or OSError("the host has no address")


def _open(family: int, kind: int, protocol: int, address: Any, deadline: Deadline) -> _PlainSocket:
    plain = _PlainSocket(family, kind, protocol)
    plain.deadline = deadline
    try:
        plain.settimeout(deadline.left_s())
        plain.connect(address)
    except BaseException:
        plain.close()
        raise
    return plain


def _with_tls(
    plain: _PlainSocket, host: str, deadline: Deadline, tls: ssl.SSLContext
) -> socket.socket:
    tls.sslsocket_class = _TlsSocket
    try:
        plain.settimeout(deadline.left_s())
        wrapped = tls.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    assert isinstance(wrapped, _TlsSocket)
    wrapped.deadline = deadline
    return wrapped
