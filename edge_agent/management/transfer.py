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
from urllib.parse import SplitResult, urlsplit

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
    parts = checked(url, hosts)
    deadline_s = time.monotonic() + longest_s
    content = bytearray()
    with _opened(urllib.request.Request(url), parts) as answer:  # noqa: S310  see `checked`
        while chunk := _read(answer, parts):
            content += chunk
            if len(content) > limit_bytes:
                raise TransferError(f"{parts.hostname} sends more than {limit_bytes} bytes")
            if time.monotonic() > deadline_s:
                raise TransferError(f"{parts.hostname} takes longer than {longest_s:.0f} s")
    return bytes(content)


def send(url: str, content: bytes, *, hosts: Sequence[str]) -> None:
    """PUT the content, or TransferError."""
    parts = checked(url, hosts)
    request = urllib.request.Request(url, data=content, method="PUT")  # noqa: S310  see `checked`
    request.add_header("Content-Type", "application/octet-stream")
    with _opened(request, parts) as answer:
        _read(answer, parts)


def checked(url: str, hosts: Sequence[str]) -> SplitResult:
    """The URL's parts, if the camera's settings allow to go there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise TransferError(f"no URL: {error}") from error
    if not any(_is_meant(host, pattern) for pattern in hosts):
        raise TransferError(
            f"host {host[:100]!r} is none of settings fleet.hosts ({', '.join(hosts) or 'empty'})"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise TransferError(f"scheme {parts.scheme[:20]!r}: files travel over https only")
    return parts


def _is_meant(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower())
    return host == pattern.lower()


def _opened(request: urllib.request.Request, parts: SplitResult) -> HTTPResponse:
    try:
        answer: HTTPResponse = _opener.open(request, timeout=SILENCE_S)
    except urllib.error.HTTPError as error:
        with error:
            raise TransferError(f"{parts.hostname} answers {error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise TransferError(f"{parts.hostname} cannot be reached: {error}") from error
    return answer


def _read(answer: IO[bytes], parts: SplitResult) -> bytes:
    try:
        return answer.read(CHUNK_BYTES)
    except (OSError, HTTPException) as error:
        raise TransferError(f"{parts.hostname} broke off: {error}") from error
