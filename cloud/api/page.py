"""Pages beside the portal: status and the reference, with the OpenAPI document.

Self-contained: the content security policy allows nothing from another server.
"""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response

STATIC: Final = Path(__file__).parent / "static"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FILES: Final = {file.name: file for file in STATIC.iterdir() if file.suffix in MEDIA_TYPES}

OPEN: Final = frozenset(
    {
        "/status", "/docs", "/unsubscribe", "/openapi.json", "/healthz", "/readyz",
    }
)  # fmt: skip
SIGN_IN: Final = frozenset(
    {
        "/api/sign-in", "/api/sign-in/openid", "/api/sign-in/openid/callback",
        "/api/password/reset", "/api/password/token",
    }
)  # fmt: skip
"""Routes of users who have no session yet; each has limits of its own."""

router = APIRouter(include_in_schema=False)


def is_public(path: str) -> bool:
    """Whether a path needs no key: pages without data, their files, sign-in, the process state."""
    folder, _, name = path.rpartition("/")
    return path in OPEN or path in SIGN_IN or (folder == "/static" and name in FILES)


@router.get("/status")
async def status() -> Response:
    """The state of the API, as a page."""
    return _file("status.html")


@router.get("/docs")
async def reference() -> Response:
    """The reference of the API, as a page."""
    return _file("reference.html")


@router.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = request.app.state.openapi()
    return document


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """One file of the pages."""
    if name not in FILES:
        raise HTTPException(404)
    return _file(name)


def _file(name: str) -> Response:
    file = FILES[name]
    return Response(
        file.read_bytes(),
        media_type=MEDIA_TYPES[file.suffix],
        headers={"cache-control": "no-cache"},
    )
