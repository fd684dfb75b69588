"""Every route requires a key, and each role may use only its own routes.

Generated from the table of routes: a route that is added without an entry in ROLES fails.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIWebSocketRoute

from cloud import database
from cloud.api import page
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.access import get_caller, receive_caller
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.portal.addresses import is_public
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.route_table import ALL_ROUTES, API_ROUTES
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites

EVERYBODY = frozenset(Role)
SALES = frozenset({Role.SALES, Role.ADMIN})
BUYERS = SALES | {Role.ADVERTISER, Role.AGENCY}
AUDIENCE_READERS = SALES | {Role.OPERATIONS}
ADMINS = frozenset({Role.ADMIN})
FINANCE = frozenset({Role.FINANCE, Role.ADMIN})
PAYERS = FINANCE | {Role.ADVERTISER, Role.AGENCY}
CLIENTS = ADMINS | {Role.ADVERTISER, Role.AGENCY}
PRICING = frozenset({Role.PRICING, Role.ADMIN})
OPERATORS = frozenset({Role.OPERATIONS, Role.ADMIN})
OPEN = frozenset(
    {
        "/status",
        "/docs",
        "/unsubscribe",
        "/openapi.json",
        "/static/{name}",
        "/healthz",
        "/readyz",
    }
)
"""Pages without data, and the health checks."""

ROLES = {
    "/api/locations": EVERYBODY,
    "/api/audience": AUDIENCE_READERS,
    "/api/demographics": AUDIENCE_READERS,
    "/api/analytics": AUDIENCE_READERS,
    "/api/analytics/campaigns": EVERYBODY,
    "/api/analytics/views": EVERYBODY,
    "/api/alerts": AUDIENCE_READERS,
    "/api/alert-mutes": AUDIENCE_READERS,
    "POST /api/alert-mutes": OPERATORS,
    "/api/dead-letters": OPERATORS,
    "/api/quarantined-devices": OPERATORS,
    "/api/nightly": OPERATORS,
    "/api/catalogue": OPERATORS,
    "/api/data-products": frozenset({Role.SALES, Role.OPERATIONS, Role.FINANCE, Role.ADMIN}),
    "GET /api/fleet/summary": AUDIENCE_READERS,
    "GET /api/fleet/config/schema": AUDIENCE_READERS,
    "/api/retail": PRICING,
    "/api/live": AUDIENCE_READERS,
    "/api/pricing": BUYERS,
    "/api/pricing/override": SALES,
    "/api/pricing/overrides": SALES,
    "/api/inventory": BUYERS,
    "/api/avails": BUYERS | OPERATORS,
    "/api/quotes": BUYERS,
    "/api/holds": BUYERS,
    "/api/blackouts": AUDIENCE_READERS,
    "/api/products": SALES,
    "GET /api/products": BUYERS | OPERATORS,
    "/api/dayparts": SALES,
    "GET /api/dayparts": BUYERS | OPERATORS,
    "/api/screens": SALES,
    "GET /api/screens": BUYERS | OPERATORS,
    "/api/rate-card": SALES,
    "GET /api/rate-card": SALES | FINANCE,
    "/api/rate-card/preview": SALES | FINANCE,
    "/api/proposals": SALES,
    "GET /api/proposals": BUYERS | FINANCE,
    "/api/proposals/{proposal}/accept": CLIENTS,
    "/api/proposals/{proposal}/decline": CLIENTS,
    "/api/approvals": SALES | FINANCE,
    "/api/revenue": SALES | FINANCE,
    "/api/invoices": PAYERS | SALES,
    "POST /api/invoices": FINANCE,
    "POST /api/invoices/{invoice}/credit-notes": SALES | FINANCE,
    "/api/payments": PAYERS | SALES,
    "POST /api/payments": PAYERS,
    "POST /api/payments/{payment}/capture": FINANCE,
    "POST /api/payments/{payment}/refund": FINANCE,
    "/api/fleet": OPERATORS,
    "GET /api/fleet/devices": AUDIENCE_READERS,
    "GET /api/fleet/devices/{device}/preview": OPERATORS,
    "GET /api/fleet/drift": AUDIENCE_READERS,
    "POST /api/alerts": OPERATORS,
    "/api/orders": BUYERS | {Role.FINANCE},
    "/api/orders.csv": BUYERS | {Role.FINANCE},
    "/api/invoices.csv": PAYERS | SALES,
    "/opendirect/2.1": BUYERS | {Role.FINANCE},
    "/mcp": BUYERS | {Role.FINANCE},
    "/metrics": OPERATORS,
    "/api/me": EVERYBODY,
    "/api/sign-out": EVERYBODY,
    "/api/accounts": EVERYBODY,
    "POST /api/accounts": SALES | FINANCE,
    "PATCH /api/accounts": SALES | FINANCE,
    "POST /api/accounts/{account}/close": ADMINS,
    "/api/brands": EVERYBODY,
    "POST /api/brands": BUYERS,
    "/api/users": ADMINS,
    "/api/users/{user}/notifications": EVERYBODY,
    "/api/briefs": BUYERS,
    "/api/password": EVERYBODY,
    "/api/openrtb/deals": BUYERS,
    "POST /api/openrtb/deals": SALES,
    "/api/campaigns": EVERYBODY,
    "PUT /api/campaigns": SALES,
    "POST /api/campaigns": SALES | {Role.FINANCE},
    "/api/creatives": EVERYBODY,
    "/api/creatives/{creative}/approve": SALES | OPERATORS,
    "/api/creatives/{creative}/reject": SALES | OPERATORS,
    "/api/plays": SALES | OPERATORS,
    "/api/creative-tests": EVERYBODY,
    "/api/make-goods": EVERYBODY,
    "/api/make-goods/{make_good}/approve": FINANCE,
    "/api/make-goods/{make_good}/reject": FINANCE,
}
"""Start of a path, or of method and path -> roles; the longest that matches counts."""

PARAMETERS = {
    "location": "KX-01", "time_slot": "2026-11-23T08:00", "name": "status.js", "device": "cam-01",
    "job": "a-job-1", "alert": "1", "dead_letter": "1", "mute": "1", "price_error": "1",
    "table": "trusted.audience_reports", "plan": "0" * 32, "quote": "0" * 32, "hold": "0" * 32,
    "kpi": "revenue",
    "blackout": "1", "product": "commuters", "daypart": "morning", "account": "acme",
    "user": "0" * 32, "brand": "0" * 32, "invoice": "0" * 32, "payment": "0" * 32,
    "order": "0" * 32, "line": "0" * 32, "change": "0" * 32,
    "campaign": "0" * 32, "creative": "0" * 32, "creative_test": "0" * 32,
    "make_good": "0" * 32, "deal": "0" * 32, "proposal": "0" * 32,
    "organization": "acme", "assignment": "0" * 32, "brief": "0" * 32,
    "recommendation": "0" * 32, "price": "0" * 32, "price_batch": "0" * 32,
    "experiment": "0" * 32, "view": "0" * 32, "store": "s-1", "scenario": "0" * 32,
    "rest:path": "KX-01/hours",
}  # fmt: skip
ASKED = {"time_slot": "2026-11-23T08:00", "location": "KX-01"}
BODIES = {
    "/api/pricing/batch": {"slots": [{"location": "KX-01", "time_slot": "2026-11-23T08:00"}]},
    "/api/pricing/optimize": {
        "budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"],
    },
}  # fmt: skip
SLOTS = {"slots": [ASKED]}
ROUTES = [(method, route.path) for route in API_ROUTES for method in sorted(route.methods)]
SIGNED = frozenset({"/api/payments/webhooks/{provider}", "/api/fleet/previews/{job}/{token}"})
"""Routes whose requests have a signature or a token in place of a key."""
CLOSED = [
    (method, path)
    for method, path in ROUTES
    if path not in OPEN | page.SIGN_IN | SIGNED and not is_public(path)
]


def depends_on(dependant: Dependant, call: object) -> bool:
    return any(one.call is call or depends_on(one, call) for one in dependant.dependencies)


OWNED = [
    (method, route.path)
    for route in API_ROUTES
    if any(depends_on(route.dependant, one) for one in (get_caller, receive_caller))
    for method in sorted(route.methods)
]
"""Routes whose answers belong to an account: they depend on the caller."""


def allowed(path: str, method: str = "GET") -> frozenset[Role]:
    asked = (f"{path}/", f"{method} {path}/")
    fits = [start for start in ROLES if any(one.startswith(start + "/") for one in asked)]
    return ROLES[max(fits, key=len)] if fits else frozenset()


def fill_path(path: str) -> str:
    for name, value in PARAMETERS.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"add a value for {path} to PARAMETERS"
    return path


def first_message(
    app: FastAPI,
    kind: str,
    path: str,
    method: str = "GET",
    key: str = "",
    *,
    host: str = "localhost",
    origin: str | None = None,
    cookie: str | None = None,
    query: str = "",
    subprotocols: Sequence[str] = (),
) -> dict:
    """The first message of an answer; some answers never end."""

    async def ask() -> dict:
        begins: asyncio.Future[dict] = asyncio.get_running_loop().create_future()
        asked = [{"type": "websocket.connect"}, {"type": "http.request", "body": b"{"}]

        async def receive() -> dict:
            if not asked:
                await asyncio.Event().wait()
            return asked.pop(0 if kind == "websocket" else -1)

        async def send(message: dict) -> None:
            if not begins.done():
                begins.set_result(message)

        headers = [
            (b"x-api-key", key.encode()),
            (b"content-type", b"application/json"),
            (b"host", host.encode()),
            *([] if origin is None else [(b"origin", origin.encode())]),
            *([] if cookie is None else [(b"cookie", cookie.encode())]),
        ]
        scope = {
            "type": kind, "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": headers if key else headers[1:],
            "scheme": {"http": "http", "websocket": "ws"}[kind],
            "http_version": "1.1", "server": ("api", 80), "client": None,
            "subprotocols": [*subprotocols],
            "extensions": {"websocket.http.response": {}},
        }  # fmt: skip
        answering = asyncio.create_task(app(scope, receive, send))
        answering.add_done_callback(lambda _: begins.done() or begins.set_result({}))
        try:
            return await begins
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('routes')}/onlooker.db")
    create_tables(engine)
    card = CARD
    yield AppContext(engine, sites(), card, lambda: FRIDAY_NOON)
    engine.dispose()


@pytest.fixture(scope="module")
def locked(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context, quota=Quota(100_000)))


@pytest.fixture(scope="module")
def keys(context: AppContext) -> dict[Role, str]:
    """One key of each role."""
    return {
        role: create_key(context.engine, role, "a test", by="me", now=FRIDAY_NOON) for role in Role
    }


@pytest.fixture(scope="module")
def advertisers(context: AppContext) -> list[str]:
    """The keys of two advertisers."""
    return [
        create_key(context.engine, Role.ADVERTISER, owner, by="me", now=FRIDAY_NOON)
        for owner in ("Acme", "Bolt")
    ]


def test_every_route_is_in_the_table():
    assert len(ROUTES) > 250
    for _, path in CLOSED:
        assert fill_path(path)
        assert allowed(path), f"add the roles of {path} to ROLES"


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_key_every_request_is_refused(locked, method: str, path: str):
    for where in (fill_path(path), path.replace("{", "").replace("}", "%00")):
        for options in ({}, {"content": b"{", "headers": {"content-type": "application/json"}}):
            answer = locked(method, where, **options)
            assert answer.status_code == 401, answer.text
            assert answer.json()["title"] == "Unauthenticated"


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_role_may_use_its_own_routes_only(locked, keys: dict[Role, str], method: str, path: str):
    for role, key in keys.items():
        status = first_message(locked.app, "http", fill_path(path), method, key)["status"]
        assert (status != 403) == (role in allowed(path, method)), (role, fill_path(path), method)
        assert status not in (401, 429, 500)


@pytest.mark.parametrize(
    ("method", "path"),
    [one for one in CLOSED if Role.ADVERTISER in allowed(one[1], one[0]) and one not in OWNED],
)
def test_two_advertisers_receive_the_same_answer_on_routes_without_an_owner(
    locked, advertisers: list[str], method: str, path: str
):
    options = {"json": BODIES[path]} if method == "POST" else {"params": ASKED}
    answers = [
        locked(method, fill_path(path), headers={"x-api-key": key}, **options)
        for key in advertisers
    ]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert "Acme" not in json.dumps(answers[0].text)


def test_a_socket_is_refused_without_a_key(locked):
    sockets = [route.path for route in ALL_ROUTES if isinstance(route, APIWebSocketRoute)]
    for path in sockets:
        message = first_message(locked.app, "websocket", fill_path(path))
        refused = message["type"] == "websocket.close" or message.get("status") == 401
        assert refused, message


def test_an_open_page_contains_no_site(locked, context: AppContext):
    for path in sorted(OPEN - {"/openapi.json"}):
        answer = locked.get(fill_path(path))
        assert answer.status_code in (200, 404)
        assert all(site.name not in answer.text for site in context.sites)
