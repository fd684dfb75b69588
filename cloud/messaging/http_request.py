"""One HTTP request with one deadline for all of it; the body of the answer is bounded.

A redirect is an answer like any other: following it would carry credentials to another host.
"""

import http.client
import ssl
import string
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from cloud.messaging.deadline import AddressFilter, Deadline, accept_any, connect
from wire.addresses import DEFAULT_PORTS, NetworkAddress

NOTHING: Final = 0


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """Status and the first bytes of the body; `is_whole` when there were no more."""

    status: int
    body: bytes
    is_whole: bool


def http_request(
    address: NetworkAddress,
    deadline: Deadline,
    *,
    method: str | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = NOTHING,
    tls: ssl.SSLContext | None = None,
    is_allowed: AddressFilter = accept_any,
) -> WebhookResponse:
    """Send `method`; without one POST `body`, or GET when there is none.

    Raises:
        OSError: no connection, no TLS, or no complete answer in time.
        http.client.HTTPException: the answer is not HTTP.
    """
    assert address.port is not None
    context = (tls or ssl.create_default_context()) if address.is_secure else None
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = connect(address.host, address.port, deadline, context, is_allowed)
    try:
        whole = {**_headers(address), **(headers or {})}
        usual = "GET" if body is None else "POST"
        connection.request(method or usual, _resource(address), body, whole)
        with connection.getresponse() as answer:
            found = answer.read(most_bytes + 1) if most_bytes else b""
            return WebhookResponse(answer.status, found[:most_bytes], len(found) <= most_bytes)
    finally:
        connection.close()


def _headers(address: NetworkAddress) -> dict[str, str]:
    default = DEFAULT_PORTS[address.scheme]
    port = "" if address.port == default else f":{address.port}"
    headers = {
        "Host": f"{address.bracketed_host.encode('idna').decode()}{port}",
        "User-Agent": "onlooker",
        "Connection": "close",
    }
    if address.username is not None or address.password is not None:
        pair = f"{address.username or ''}:{address.password or ''}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    return headers


def _resource(address: NetworkAddress) -> str:
    query = f"?{_ascii(address.query)}" if address.query else ""
    return f"{_ascii(address.path) or '/'}{query}"


def _ascii(text: str) -> str:
    return quote(text, safe=string.punctuation)
