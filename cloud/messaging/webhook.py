"""One signed POST of JSON to a web service.

The header `Onlooker-Signature` is `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`. A receiver
should refuse an old `t`, and accept each `Idempotency-Key` once.
"""

import hashlib
import hmac
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cloud.messaging.deadline import AddressFilter, Deadline, accept_any
from cloud.messaging.failures import FailedCallError, FailureKind
from cloud.messaging.http_request import http_request
from wire.addresses import NetworkAddress

SIGNATURE: Final = "Onlooker-Signature"
TEMPORARY: Final = frozenset({408, 425, 500, 502, 504})
OVERLOADED: Final = frozenset({429, 503})
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class SignedPost:
    """What is posted: a body with its key for deduplication, and the secret that signs it."""

    body: bytes
    key: str
    at: datetime
    secret: bytes | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": self.key}
        if self.secret is not None:
            headers[SIGNATURE] = signature(self.secret, self.at, self.body)
        return headers


def post_webhook(
    address: NetworkAddress,
    post: SignedPost,
    deadline: Deadline,
    *,
    tls: ssl.SSLContext | None = None,
    is_allowed: AddressFilter = accept_any,
) -> None:
    """Post; any 2xx means delivered. A redirect, which could go anywhere, does not.

    Raises:
        FailedCallError: it answered with another status.
        OSError, http.client.HTTPException: as `http_request`.
    """
    answer = http_request(
        address, deadline, body=post.body, headers=post.headers, tls=tls, is_allowed=is_allowed
    )
    if answer.status // 100 != 2:
        raise FailedCallError(*_describe(answer.status), answer.status)


def signature(secret: bytes, at: datetime, body: bytes) -> str:
    """The value of the header `Onlooker-Signature`."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _describe(status: int) -> tuple[str, FailureKind]:
    """A status as a sentence, with the kind of its failure."""
    if status // 100 == 3:
        return f"it redirects ({status}): give the final address", FailureKind.REFUSED
    if status in OVERLOADED:
        return f"it is overloaded ({status})", FailureKind.AWAY
    if status in TEMPORARY or status // 100 == 5:
        return f"it answered {status}", FailureKind.LATER
    return f"it refused the message ({status})", FailureKind.REFUSED
