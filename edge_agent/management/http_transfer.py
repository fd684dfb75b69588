"""Downloads and uploads over HTTP, at URLs given by jobs.

Only to hosts that the local settings name, only over TLS (except on this machine), without
redirects, within a size and a time limit. The query of a URL is a credential and is never logged.
"""

from collections.abc import Sequence
from typing import BinaryIO, Final

from wire.addresses import DEFAULT_PORTS, WEB_SCHEMES, AddressError, NetworkAddress, parse_address
from wire.hosts import parse_host_and_port
from wire.web.http_client import HttpLimits, HttpRequestError, HttpResponse, send_request

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TRANSFER_TIMEOUT_S: Final = 600.0
MAX_RESPONSE_BYTES: Final = 64 * 1024  # of the response to an upload


class TransferError(RuntimeError):
    """A transfer failed: which host, why."""


def download(
    url: str, *, hosts: Sequence[str], limit_bytes: int, longest_s: float = TRANSFER_TIMEOUT_S
) -> bytes:
    """Download the whole content, or raise TransferError."""
    address = validate_url(url, hosts)
    return _exchange(address, HttpLimits(longest_s, limit_bytes)).body


def upload(
    url: str,
    content: bytes | BinaryIO,
    *,
    hosts: Sequence[str],
    size_bytes: int | None = None,
    content_type: str = "application/octet-stream",
    longest_s: float = TRANSFER_TIMEOUT_S,
) -> None:
    """PUT the content, or raise TransferError. A file needs `size_bytes`."""
    address = validate_url(url, hosts)
    headers = {"Content-Type": content_type}
    if size_bytes is not None:
        headers["Content-Length"] = str(size_bytes)
    bounds = HttpLimits(longest_s, MAX_RESPONSE_BYTES)
    _exchange(address, bounds, method="PUT", body=content, headers=headers)


def validate_url(url: str, hosts: Sequence[str]) -> NetworkAddress:
    """Parse a URL; TransferError unless the local settings allow its host."""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise TransferError(f"{error}; files are transferred over https only") from None
    if address.username is not None or address.password is not None:
        raise TransferError("the URL contains a user name or password: give one without")
    if not any(_is_allowed_host(address, host) for host in hosts):
        raise TransferError(
            f"host {address.host[:100]!r} at port {address.port} is not in settings fleet.hosts "
            f"({', '.join(hosts) or 'empty'})"
        )
    if not address.is_secure and address.host not in LOOPBACK:
        raise TransferError("scheme 'http': files are transferred over https only")
    return address


def _is_allowed_host(address: NetworkAddress, allowed: str) -> bool:
    """Same host, at the given port or the default of the scheme; any port on this machine."""
    host, port = parse_host_and_port(allowed)
    if host != address.host:
        return False
    if port is None and host in LOOPBACK:
        return True
    return address.port == (port or DEFAULT_PORTS[address.scheme])


def _exchange(
    address: NetworkAddress,
    bounds: HttpLimits,
    *,
    method: str = "GET",
    body: bytes | BinaryIO | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    try:
        response = send_request(address, bounds, method=method, body=body, headers=headers)
    except HttpRequestError as error:
        raise TransferError(f"{address.host} failed: {error}") from None
    if not response.is_success:
        raise TransferError(f"{address.host} responded with status {response.status}")
    return response
