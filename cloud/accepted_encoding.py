"""Whether a client reads gzip: the weights of `Accept-Encoding`, as RFC 9110 says (12.5.3)."""

from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

GZIP: Final = frozenset({"gzip", "x-gzip"})


def accepts_gzip(header: str) -> bool:
    """Whether gzip is named with a weight above zero; what cannot be read is a weight of zero."""
    weights = [weight for coding, weight in _read_codings(header) if coding in GZIP]
    return bool(weights) and min(weights) > 0


class AcceptedGzipMiddleware(GZipMiddleware):
    """Compress answers for clients that accept it, and not where the weight of gzip is zero."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        encodings = Headers(scope=scope).get("accept-encoding", "") if "headers" in scope else ""
        if "gzip" in encodings and not accepts_gzip(encodings):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _read_codings(header: str) -> Iterator[tuple[str, float]]:
    for part in header.lower().split(","):
        coding, *parameters = (one.strip() for one in part.split(";"))
        weight = "1"
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = value.strip()
        yield coding, float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
