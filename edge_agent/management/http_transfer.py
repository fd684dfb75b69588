"""Files that come and go over HTTP, by URLs that somebody else wrote.

Only to hosts that the camera's own settings name, only over TLS (but on this machine), without
redirections, within a size and a time. What a URL's query holds is a credential and is not told.
"""

from collections.abc import Sequence
from typing import BinaryIO, Final

from wire.addresses import DEFAULT_PORTS, WEB_SCHEMES, AddressError, NetworkAddress, parse_address
from wire.hosts import parse_host_and_port
from wire.web.http_client import HttpLimits, HttpRequestError, HttpResponse, send_request

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TRANSFER_TIMEOUT_S: Final = 600.0
MAX_RESPONSE_BYTES: Final = 64 * 1024  # to what was sent


class TransferError(RuntimeError):
    """A file did not come or go: which host, why."""


def download(
    url: str, *, hosts: Sequence[str], limit_bytes: int, longest_s: float = TRANSFER_TIMEOUT_S
) -> bytes:
    """The whole content, or TransferError."""
    address = validate_url(url, hosts)
    return _answered(address, HttpLimits(longest_s, limit_bytes)).body


def upload(
    url: str,
    content: bytes | BinaryIO,
    *,
    hosts: Sequence[str],
    size_bytes: int | None = None,
    kind: str = "application/octet-stream",
    longest_s: float = TRANSFER_TIMEOUT_S,
) -> None:
    """PUT the content, or TransferError. A file needs its size."""
    address = validate_url(url, hosts)
    headers = {"Content-Type": kind}
    if size_bytes is not None:
        headers["Content-Length"] = str(size_bytes)
    bounds = HttpLimits(longest_s, MAX_RESPONSE_BYTES)
    _answered(address, bounds, method="PUT", body=content, headers=headers)


def validate_url(url: str, hosts: Sequence[str]) -> NetworkAddress:
    """The address, if the camera's settings allow to go there."""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise TransferError(f"{error}; files travel over https only") from None
    if address.username is not None or address.password is not None:
        raise TransferError("the address holds a user name or password: give one without")
    if not any(_is_meant(address, host) for host in hosts):
        raise TransferError(
            f"host {address.host[:100]!r} at port {address.port} is none of settings fleet.hosts "
            f"({', '.join(hosts) or 'empty'})"
        )
    if not address.is_secure and address.host not in LOOPBACK:
        raise TransferError("scheme 'http': files travel over https only")
    return address


def _is_meant(address: NetworkAddress, allowed: str) -> bool:
    """Exactly that host, at the port written or that of its scheme; on this machine, at any."""
    host, port = parse_host_and_port(allowed)
    if host != address.host:
        return False
    if port is None and host in LOOPBACK:
        return True
    return address.port == (port or DEFAULT_PORTS[address.scheme])


def _answered(
    address: NetworkAddress,
    bounds: HttpLimits,
    *,
    method: str = "GET",
    body: bytes | BinaryIO | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    try:
        answer = send_request(address, bounds, method=method, body=body, headers=headers)
    except HttpRequestError as error:
        raise TransferError(f"{address.host} does not serve: {error}") from None
    if not answer.is_success:
        raise TransferError(f"{address.host} answers {answer.status}")
    return answer
