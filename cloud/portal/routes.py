"""The routes of the pages: one document for every page, and its assets.

No page needs a key: there is no data in them. The name of an asset contains a digest of its
content, so browsers keep it for ever; the document is asked for each time.
"""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from cloud.accepted_encoding import accepts_gzip
from cloud.portal.addresses import SECTIONS
from cloud.portal.content import Bundle, BundleFile, read_bundle

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
IMMUTABLE: Final = "public, max-age=31536000, immutable"
CHECKED: Final = "no-cache"
HTML: Final = "text/html; charset=utf-8"
NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not built · Onlooker</title>
<link rel="stylesheet" href="/static/onlooker.css">
</head>
<body>
<main>
<h1>The pages are not built</h1>
<p>Run <code>make portal</code>, then load this page again; the server need not be restarted.</p>
<p>The API works without them: <a href="/docs">reference</a>, <a href="/status">status</a>.</p>
</main>
</body>
</html>
"""

router = APIRouter(include_in_schema=False)


async def get_page(request: Request) -> Response:
    """The document of every page."""
    bundle = read_bundle()
    if bundle is None:
        headers = {"cache-control": "no-store", "content-security-policy": POLICY}
        return Response(NOT_BUILT, 503, headers, HTML)
    return _send(request, bundle.document, CHECKED)


@router.get("/assets/{name}")
async def get_asset(request: Request, name: str) -> Response:
    """One asset of the pages."""
    bundle: Bundle | None = read_bundle()
    if bundle is None or name not in bundle.assets:
        raise HTTPException(404)
    return _send(request, bundle.assets[name], IMMUTABLE)


def _send(request: Request, file: BundleFile, caching: str) -> Response:
    headers = {
        "cache-control": caching,
        "content-security-policy": POLICY,
        "vary": "Accept-Encoding",
    }
    if file.compressed is not None and accepts_gzip(request.headers.get("accept-encoding", "")):
        packed = headers | {"content-encoding": "gzip"}
        return Response(file.compressed, headers=packed, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


router.add_api_route("/", get_page)
for section in sorted(SECTIONS):
    router.add_api_route(f"/{section}", get_page)
    router.add_api_route(f"/{section}/{{rest:path}}", get_page)
