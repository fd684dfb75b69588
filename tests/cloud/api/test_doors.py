"""Every route there is has a door: nobody gets in without a key, each role only where it belongs.

Made from the table of routes: one that is added without a word here about who may ask fails.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from cloud import database
from cloud.api.application import ROUTE_MODULES, create_app
from cloud.app.context import AppContext
from cloud.auth.access import get_caller
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from tests.cloud.api.conftest import FRIDAY_NOON, Asker
from tests.cloud.rates import CARD, sites

EVERYBODY = frozenset(Role)
SALES = frozenset({Role.SALES, Role.ADMIN})
BUYERS = SALES | {Role.ADVERTISER}
WATCHERS = SALES | {Role.OPERATIONS}
KEEPERS = frozenset({Role.OPERATIONS, Role.ADMIN})
OPEN = frozenset(
    {"/", "/prices", "/status", "/docs", "/openapi.json", "/static/{name}", "/healthz", "/readyz"}
)
"""Pages without data, and whether the process lives."""

WHO = {
    "/api/locations": EVERYBODY,
    "/api/audience": WATCHERS,
    "/api/demographics": WATCHERS,
    "/api/alerts": WATCHERS,
    "/api/live": WATCHERS,
    "/api/pricing": BUYERS,
    "/api/pricing/override": SALES,
    "/api/pricing/overrides": SALES,
    "/api/inventory": BUYERS,
    "/api/fleet": KEEPERS,
    "GET /api/fleet/devices": WATCHERS,
    "GET /api/fleet/drift": WATCHERS,
    "POST /api/alerts": KEEPERS,
    "/metrics": KEEPERS,
}
"""By the beginning of the path, or of method and path; the longest that fits counts."""

FILLED = {
    "location": "KX-01", "time_slot": "2026-11-23T08:00", "name": "live.js", "device": "cam-01",
    "job": "a-job-1", "alert": "1", "plan": "0" * 32,
}  # fmt: skip
ASKED = {"time_slot": "2026-11-23T08:00", "location": "KX-01"}
BODIES = {
    "/api/pricing/batch": {"slots": [{"location": "KX-01", "time_slot": "2026-11-23T08:00"}]},
    "/api/pricing/optimize": {
        "budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"],
    },
}  # fmt: skip
KEEPING = {"plan": ("/api/pricing/plans", BODIES["/api/pricing/optimize"])}
"""How an advertiser comes to have what a route's name stands for: what is posted where."""
ROUTES = [
    (method, route.path)
    for room in ROUTE_MODULES
    for route in room.router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods)
]
CLOSED = [(method, path) for method, path in ROUTES if path not in OPEN]


def depends_on(dependant: Dependant, call: object) -> bool:
    return any(one.call is call or depends_on(one, call) for one in dependant.dependencies)


OWNED = [
    (method, route.path)
    for room in ROUTE_MODULES
    for route in room.router.routes
    if isinstance(route, APIRoute) and depends_on(route.dependant, get_caller)
    for method in sorted(route.methods)
]
"""Routes whose answers belong to somebody, by what they depend on."""
OWNED_THINGS = [(method, path) for method, path in OWNED if "{" in path]


def allowed(path: str, method: str = "GET") -> frozenset[Role]:
    asked = (f"{path}/", f"{method} {path}/")
    fits = [start for start in WHO if any(one.startswith(start + "/") for one in asked)]
    return WHO[max(fits, key=len)] if fits else frozenset()


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"say in this table what to fill {path} with"
    return path


def begun(
    app: FastAPI,
    kind: str,
    path: str,
    method: str = "GET",
    key: str = "",
    *,
    host: str = "localhost",
    origin: str | None = None,
    query: str = "",
    subprotocols: Sequence[str] = (),
) -> dict:
    """How an answer begins; some never end."""

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
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('doors')}/onlooker.db")
    database.create(engine)
    card = CARD
    yield AppContext(engine, sites(), card, lambda: FRIDAY_NOON)
    engine.dispose()


@pytest.fixture(scope="module")
def locked(context: AppContext) -> Asker:
    return Asker(create_app(context, quota=Quota()))


def test_every_route_is_in_the_table():
    assert len(ROUTES) > 25
    for _, path in CLOSED:
        assert filled(path)
        assert allowed(path), f"say in this table who may ask {path}"


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_key_there_is_no_way_in_whatever_is_asked(locked, method: str, path: str):
    for where in (filled(path), path.replace("{", "").replace("}", "%00")):
        for options in ({}, {"content": b"{", "headers": {"content-type": "application/json"}}):
            answer = locked(method, where, **options)
            assert answer.status_code == 401, answer.text
            assert answer.json()["title"] == "Not known"


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_role_gets_in_where_it_belongs_and_nowhere_else(
    locked, context: AppContext, method: str, path: str
):
    for role in Role:
        key = create_key(context.engine, role, "a test", by="me", now=FRIDAY_NOON)
        status = begun(locked.app, "http", filled(path), method, key)["status"]
        assert (status != 403) == (role in allowed(path, method)), (role, filled(path), method)
        assert status not in (401, 500)


@pytest.mark.parametrize(
    ("method", "path"),
    [one for one in CLOSED if Role.ADVERTISER in allowed(one[1], one[0]) and one not in OWNED],
)
def test_two_advertisers_see_the_same_unless_it_is_somebodys_own(
    locked, context: AppContext, method: str, path: str
):
    answers = []
    for owner in ("Acme", "Bolt"):
        key = create_key(context.engine, Role.ADVERTISER, owner, by="me", now=FRIDAY_NOON)
        answers.append(
            locked(
                method, filled(path), headers={"x-api-key": key},
                **({"json": BODIES[path]} if method == "POST" else {"params": ASKED}),
            )
        )  # fmt: skip

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert "Acme" not in json.dumps(answers[0].text)


def test_what_somebody_owns_is_found_by_what_its_route_depends_on():
    assert {("GET", "/api/pricing/plans/{plan}"), ("DELETE", "/api/pricing/plans/{plan}")} <= {
        *OWNED_THINGS
    }
    for _, path in OWNED_THINGS:
        assert path.partition("{")[2].partition("}")[0] in KEEPING, f"say how {path} comes to be"


@pytest.mark.parametrize(("method", "path"), OWNED_THINGS)
def test_another_advertisers_thing_is_one_that_never_was(
    locked, context: AppContext, method: str, path: str
):
    start, _, rest = path.partition("{")
    name, _, end = rest.partition("}")
    acme, bolt = (
        {"x-api-key": create_key(context.engine, Role.ADVERTISER, owner, by="me", now=FRIDAY_NOON)}
        for owner in ("Acme", "Bolt")
    )
    where, body = KEEPING[name]
    kept = locked("POST", where, json=body, headers=acme).json()["id"]
    asks = {**bolt, "x-request-id": "the-same-both-times", "if-none-match": "*", "if-match": "*"}
    refused = locked(method, f"{start}{kept}{end}", headers=asks)
    assert locked.get(f"{start}{kept}{end}", headers=acme).status_code == 200
    assert locked(method, f"{start}{kept}{end}", headers=acme).status_code in (200, 204)
    locked("DELETE", f"{start}{kept}{end}", headers=acme)
    gone = locked(method, f"{start}{kept}{end}", headers=asks)
    never = locked(method, f"{start}{'f' * 32}{end}", headers=asks)

    assert refused.status_code == gone.status_code == never.status_code == 404
    assert refused.content == gone.content
    assert refused.text.replace(kept, "f" * 32) == never.text
    unlike = {"ratelimit", "content-length"}
    heard = [
        {(one, said) for one, said in answer.headers.items() if one not in unlike}
        for answer in (refused, gone, never)
    ]
    assert heard[0] == heard[1] == heard[2]


def test_a_socket_is_refused_too_without_a_key(locked):
    sockets = [
        route.path
        for room in ROUTE_MODULES
        for route in room.router.routes
        if isinstance(route, APIWebSocketRoute)
    ]
    for path in sockets:
        said = begun(locked.app, "websocket", filled(path))
        refused = said["type"] == "websocket.close" or said.get("status") == 401
        assert refused, said


def test_an_open_page_tells_nothing_of_the_estate(locked, context: AppContext):
    for path in sorted(OPEN - {"/openapi.json"}):
        answer = locked.get(filled(path))
        assert answer.status_code in (200, 404)
        assert all(site.name not in answer.text for site in context.estate)
