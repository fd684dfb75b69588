"""`/unsubscribe`: the page of the links in e-mails, and the one-click POST of RFC 8058.

It has the look of the portal, and works without its scripts and without a session.
Opening it changes nothing, since programs that scan mails open links too. It has no script; its
form is the only one of all pages, so its content security policy allows forms here.
"""

from html import escape
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.rate_card_reload import get_context
from cloud.notifications.message import PAGE
from cloud.notifications.unsubscribe import (
    MOST_TOKEN,
    UnsubscribeError,
    Unsubscription,
    read_token,
    unsubscribe,
)
from cloud.portal.content import read_bundle

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",  # without a referrer the form would have no origin either
}
HTML: Final = "text/html; charset=utf-8"
PLAIN_SHEETS: Final = ("/static/onlooker.css",)

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Query(max_length=MOST_TOKEN)]


@router.get(PAGE)
async def get_unsubscribe(request: Request, token: Token = "") -> Response:
    """Ask whether the e-mails of a link are to stop."""
    context = get_context(request)

    def read() -> Unsubscription:
        with database.reading(context.engine) as connection:
            return read_token(connection, token)

    try:
        found = await run_in_threadpool(read)
    except UnsubscribeError as error:
        return _respond("This link does not work", escape(str(error)), HTTPStatus.NOT_FOUND)
    return _respond(f"Stop these e-mails: {found.title}?", _write_form(token))


@router.post(PAGE)
async def post_unsubscribe(request: Request, token: Token = "") -> Response:
    """Stop the e-mails of a link; again without effect."""
    context = get_context(request)

    def change() -> Unsubscription:
        with database.writing(context.engine) as connection:
            return unsubscribe(connection, token, context.clock())

    try:
        found = await run_in_threadpool(change)
    except UnsubscribeError as error:
        return _respond("This link does not work", escape(str(error)), HTTPStatus.NOT_FOUND)
    return _respond(f"{found.title}: stopped", "You receive no more of these e-mails.")


def _write_form(token: str) -> str:
    return (
        f'<form method="post" action="{PAGE}?token={quote(token)}">'
        '<input type="hidden" name="List-Unsubscribe" value="One-Click">'
        '<button class="button primary">Stop these e-mails</button></form>'
    )


def _respond(title: str, content: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A page; `content` is HTML."""
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Onlooker</title>\n"
        '<link rel="icon" href="/static/mark.svg" type="image/svg+xml">\n'
        f"{_link_styles()}</head>\n<body>\n"
        '<header class="shell-head"><a class="brand" href="/"><img src="/static/mark.svg" alt="" '
        'width="26" height="26">Onlooker</a></header>\n'
        '<main class="page narrow-page">\n<section class="card stack">\n'
        f"<h1>{escape(title)}</h1>\n<div>{content}</div>\n</section>\n</main>\n</body>\n</html>\n"
    )
    return Response(page, status, HEADERS, HTML)


def _link_styles() -> str:
    """The style sheets of the portal; where it is not built, that of the pages beside it."""
    bundle = read_bundle()
    sheets = () if bundle is None else bundle.style_sheets
    return "".join(f'<link rel="stylesheet" href="{one}">\n' for one in sheets or PLAIN_SHEETS)
