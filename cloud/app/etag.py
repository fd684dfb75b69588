"""Entity tags: a client that already has the answer gets 304 instead of a copy.

Tags are weak, since the same answer may be compressed. Clients must revalidate every time
(`no-cache`), so that no price is used longer than the rate card and the forecast that it is based
on.
"""

import gzip
import hashlib
from typing import Any, Final

from fastapi import Request, Response

from cloud.accepted_encoding import accepts_gzip

CACHE_CONTROL: Final = b"private, no-cache"
VARY: Final = b"Accept-Encoding, Authorization, X-API-Key"
"""Prices may differ by account, and so by the key that was shown."""
COMPRESSED_FROM_BYTES: Final = 1024
COMPRESSION: Final = 6
NOT_MODIFIED: Final[dict[str, Any]] = {"description": "The client has the current answer"}


class VersionMismatchError(Exception):
    """The resource is not the version that `If-Match` names."""


class TaggedResponse:
    """The bytes of an answer with their tag, and compressed: each computed once."""

    __slots__ = ("_packed", "content", "tag")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag = b'W/"' + hashlib.sha256(content).hexdigest()[:24].encode() + b'"'
        self._packed = b""

    @property
    def weight(self) -> int:
        """Its size in memory, with the compressed copy."""
        return len(self.content) + len(self.content) // 2

    def answer(self, request: Request) -> Response:
        """The bytes, or 304 when the client has them."""
        held = request.headers.get("if-none-match", "")
        if held and self._is_one_of(held):
            response = Response(status_code=304)
        elif self._may_be_packed(request):
            response = Response(self._compressed(), media_type="application/json")
            response.raw_headers.append((b"content-encoding", b"gzip"))
        else:
            response = Response(self.content, media_type="application/json")
        response.raw_headers += [
            (b"etag", self.tag),
            (b"cache-control", CACHE_CONTROL),
            (b"vary", VARY),
        ]
        return response

    def is_match(self, wanted: str | None) -> bool:
        """Whether a client that sends `If-Match` means this version; so does one without it."""
        return wanted is None or self._is_one_of(wanted)

    def _may_be_packed(self, request: Request) -> bool:
        can_read = accepts_gzip(request.headers.get("accept-encoding", ""))
        return can_read and len(self.content) >= COMPRESSED_FROM_BYTES

    def _compressed(self) -> bytes:
        if not self._packed:
            self._packed = gzip.compress(self.content, COMPRESSION, mtime=0)
        return self._packed

    def _is_one_of(self, named: str) -> bool:
        opaque = self.tag.decode().removeprefix("W/")
        tags = [tag.strip().removeprefix("W/") for tag in named.split(",")]
        return "*" in tags or opaque in tags
