"""Files that come and go over HTTP, by URLs that somebody else wrote.

Only to hosts that the camera's own settings name, only over TLS (but on this machine), without
redirections, within a size and a time. What a URL's query holds is a credential and is not told.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException, HTTPResponse
from typing import IO, Any, Final

from wire.addresses import WEB_SCHEMES, Address, AddressError, parse_address
from wire.web import failure_of, web_request

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
SILENCE_S: Final = 20.0
LONGEST_S: Final = 600.0
CHUNK_BYTES: Final = 64 * 1024


class TransferError(RuntimeError):
    """A file did not come or go: which host, why."""


class _Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None


_opener: Final = urllib.request.build_opener(_Unredirected())


def fetch(
    url: str, *, hosts: Sequence[str], limit_bytes: int, longest_s: float = LONGEST_S
) -> bytes:
    """The whole content, or TransferError."""
    address = checked(url, hosts)
    deadline_s = time.monotonic() + longest_s
    content = bytearray()
    with _opened(web_request(address), address) as answer:
        while chunk := _read(answer, address):
            content += chunk
            if len(content) > limit_bytes:
                raise TransferError(f"{address.host} sends more than {limit_bytes} bytes")
            if time.monotonic() > deadline_s:
                raise TransferError(f"{address.host} takes longer than {longest_s:.0f} s")
    return bytes(content)


def send(url: str, content: bytes, *, hosts: Sequence[str]) -> None:
    """PUT the content, or TransferError."""
    address = checked(url, hosts)
    headers = {"Content-Type": "application/octet-stream"}
    request = web_request(address, data=content, headers=headers, method="PUT")
    with _opened(request, address) as answer:
        _read(answer, address)


def checked(url: str, hosts: Sequence[str]) -> Address:
    """The address, if the camera's settings allow to go there."""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise TransferError(f"{error}; files travel over https only") from None
    if not any(_is_meant(address.host, pattern) for pattern in hosts):
        raise TransferError(
            f"host {address.host[:100]!r} is none of settings fleet.hosts "
            f"({', '.join(hosts) or 'empty'})"
        )
    if not address.is_secure and address.host not in LOOPBACK:
        raise TransferError("scheme 'http': files travel over https only")
    return address


def _is_meant(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower())
    return host == pattern.lower()


def _opened(request: urllib.request.Request, address: Address) -> HTTPResponse:
    try:
        answer: HTTPResponse = _opener.open(request, timeout=SILENCE_S)
    except urllib.error.HTTPError as error:
        with error:
            raise TransferError(f"{address.host} answers {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise TransferError(f"{address.host} cannot be reached: {failure_of(error)}") from None
    return answer


def _read(answer: IO[bytes], address: Address) -> bytes:
    try:
        return answer.read(CHUNK_BYTES)
    except (OSError, HTTPException) as error:
        raise TransferError(f"{address.host} broke off: {failure_of(error)}") from None
