"""HTTP requests from an address, and failure texts without the address.

`urllib` treats user information as part of the host, quotes addresses in errors, and forwards
credentials on a redirect. Here they are sent in a header, to the original host only.
"""

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import BinaryIO, Final

from wire.addresses import NetworkAddress

REDIRECTED: Final = ", a redirection that is not followed"


def web_request(
    address: NetworkAddress,
    *,
    data: bytes | BinaryIO | None = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
) -> urllib.request.Request:
    """A request to an http or https address, with its user name and password in a header."""
    request = urllib.request.Request(  # noqa: S310  an Address of a web scheme
        address.without_credentials_uri(),
        data=data,
        headers=dict(headers or {}),
        method=method,
    )
    if address.username is not None or address.password is not None:
        pair = f"{address.username or ''}:{address.password or ''}".encode()
        encoded = base64.b64encode(pair).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {encoded}")
    return request


def failure_of(error: Exception) -> str:
    """Why a request failed: a status, a fixed text of the system, or the kind of the error."""
    if isinstance(error, urllib.error.HTTPError):
        return f"status {error.code}" + REDIRECTED * (300 <= error.code < 400)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({getattr(cause, 'reason', None) or 'no reason given'})"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, HTTPException) and not isinstance(cause, OSError):
        return f"the answer is not HTTP ({type(cause).__name__})"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__ if isinstance(cause, Exception) else "the request cannot be made"
