"""Entity tags: a client that already has an answer is told so instead of being sent it again.

Tags are weak, since the same answer may travel compressed. Clients are asked to come back with the
tag every time (`no-cache`), so that no price outlives the rate card or the forecast it stands on.
"""

import hashlib
from typing import Any, Final

from fastapi import Request, Response

CACHE_CONTROL: Final = b"private, no-cache"
NOT_MODIFIED: Final[dict[str, Any]] = {"description": "The answer is the one that was tagged"}


class Tagged:
    """An answer's bytes with their tag, worked out once."""

    __slots__ = ("content", "tag")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag = b'W/"' + hashlib.sha256(content).hexdigest()[:24].encode() + b'"'

    def answer(self, request: Request) -> Response:
        """The bytes, or 304 when the client has them."""
        held = request.headers.get("if-none-match", "")
        if held and self._is_held(held):
            response = Response(status_code=304)
        else:
            response = Response(self.content, media_type="application/json")
        response.raw_headers += [(b"etag", self.tag), (b"cache-control", CACHE_CONTROL)]
        return response

    def _is_held(self, held: str) -> bool:
        opaque = self.tag.decode().removeprefix("W/")
        tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
        return "*" in tags or opaque in tags
