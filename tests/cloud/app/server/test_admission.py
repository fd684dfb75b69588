"""Checks before any route: the name of the server, requests of its own pages, and the key."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.server.host_names import HostNames
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.test_route_access import BODIES, first_message
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites

LOCATIONS = "/api/locations"
OVERRIDE = "/api/pricing/override/KX-01/2026-11-23T08:00"
FEW = Quota(questions=5, period=timedelta(hours=1))
NAMED = HostNames.of(["Sales.Example.org", "[2001:DB8::7]"])


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    """One database for all tests: none of them changes what another one reads."""
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('middleware')}/onlooker.db")
    create_tables(engine)
    card = CARD
    yield AppContext(engine, sites(), card, lambda: FRIDAY_NOON)
    engine.dispose()


@pytest.fixture(params=["open", "keys"])
def asker(request, context: AppContext, clock) -> ApiClient:
    """With and without keys; the key is that of staff."""
    quota = Quota() if request.param == "keys" else None
    asker = ApiClient(create_app(context, quota=quota, names=NAMED))
    key = create_key(context.engine, Role.ADMIN, "staff", by="me", now=clock.now)
    asker.headers = {"x-api-key": key} if quota else {}
    return asker


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("localhost", True), ("LOCALHOST:8080", True), ("localhost.:8080", True),
        ("127.0.0.1:8080", True), ("[::1]:8080", True), ("sales.example.org", True),
        ("SALES.example.ORG.:443", True), ("[2001:db8::7]:8080", True),
        ("example.org", False), ("sales.example.org.evil.test", False),
        ("localhost.evil.test", False),
        ("127.0.0.2", False), ("evil.test:80", False), ("localhost@evil.test", False),
        ("localhost:80@evil.test", False), ("", False), ("localhost:99999999", False),
        ("2130706433", False), ("0x7f.1", False), ("xn--lcalhost-54a", False), ("::1", False),
        ("localhost/..", False), ("localhost evil", False), ("[::ffff:127.0.0.1]", False),
    ],
)  # fmt: skip
def test_a_request_for_another_server_is_refused(asker: ApiClient, host: str, is_known: bool):
    for path in (LOCATIONS, "/", "/openapi.json", "/nothing"):
        status = asker.get(path, headers={**asker.headers, "host": host}).status_code
        assert (status != 421) == is_known, (path, status)
    assert asker.get("/healthz", headers={"host": host}).status_code == 200
    key = asker.headers.get("x-api-key", "")
    socket = first_message(asker.app, "websocket", "/api/live", key=key, host=host)
    assert (socket.get("status") != 421) == is_known


@pytest.mark.parametrize(
    ("origin", "host", "is_ours"),
    [
        (None, "localhost:8080", True),
        ("http://localhost:8080", "localhost:8080", True),
        ("http://LOCALHOST:8080", "localhost:8080", True),
        ("https://sales.example.org", "sales.example.org", True),
        ("https://sales.example.org:443", "sales.example.org", True),
        ("https://sales.example.org", "127.0.0.1:8080", True),  # behind a proxy
        ("http://localhost:3000", "localhost:8080", False),
        ("http://127.0.0.1:8080", "localhost:8080", False),
        ("https://sales.example.org:8443", "sales.example.org", False),
        ("https://evil.test", "localhost:8080", False),
        ("https://sales.example.org.evil.test", "sales.example.org", False),
        ("https://evil.test", "sales.example.org", False),
        ("null", "localhost:8080", False),
        ("", "localhost:8080", False),
        ("file://", "localhost:8080", False),
        ("http://localhost:8080@evil.test", "localhost:8080", False),
    ],
)
def test_only_pages_of_this_server_may_write_or_open_a_socket(
    asker: ApiClient, origin: str | None, host: str, is_ours: bool
):
    headers = {**asker.headers, "host": host} | ({} if origin is None else {"origin": origin})
    wanted = {"price": "45.67", "reason": "agreed"}
    answers = [
        asker("PUT", OVERRIDE, json=wanted, headers=headers),
        asker("DELETE", OVERRIDE, headers=headers),  # so that the next test finds none
        asker("POST", "/api/pricing/batch", json=BODIES["/api/pricing/batch"], headers=headers),
    ]
    titles = {answer.json().get("title") for answer in answers}
    key = asker.headers.get("x-api-key", "")
    socket = first_message(asker.app, "websocket", "/api/live", key=key, host=host, origin=origin)

    assert titles == ({None} if is_ours else {"Foreign origin"})
    assert (socket.get("status") != 403) == is_ours
    assert asker.get(LOCATIONS, headers=headers).status_code == 200


@pytest.fixture
def locked(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context, quota=FEW))


NOWHERE = ("/nothing", "/api", "/api/", "/api/nothing", "/api/locations/", "/static/none.js",
           "/static/../page.py", "/static/", "/api/pricing/slot/XX-99/nonsense", "/openapi.json/",
           "/favicon.ico")  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", NOWHERE)
def test_without_a_key_what_is_not_there_looks_like_what_is(
    locked: ApiClient, method: str, path: str
):
    there = locked("GET", LOCATIONS)
    answer = locked(method, path)
    assert answer.status_code == there.status_code == 401
    if method != "HEAD":
        assert answer.json()["detail"] == there.json()["detail"]


@pytest.mark.parametrize(
    "query",
    ["", "?location=XX-99", "?what=nonsense", "?last_id=nonsense", "?location=" + "x" * 9000],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_without_a_key_a_live_request_is_refused_unread(locked: ApiClient, kind: str, query: str):
    for path in ("/api/live", "/api/none"):
        assert first_message(locked.app, kind, path, query=query[1:])["status"] == 401


def test_with_a_key_an_invalid_socket_request_is_answered_with_its_status(
    context: AppContext, clock
):
    app = create_app(context, quota=Quota())
    key = create_key(context.engine, Role.SALES, "staff", by="me", now=clock.now)
    assert (
        first_message(app, "websocket", "/api/live", key=key, query="location=XX-99")["status"]
        == 404
    )
    buyer = create_key(context.engine, Role.ADVERTISER, "Acme", by="me", now=clock.now)
    assert (
        first_message(app, "websocket", "/api/live", key=buyer, query="location=XX-99")["status"]
        == 403
    )


def test_a_browser_shows_its_key_as_a_subprotocol(context: AppContext, clock):
    app = create_app(context, quota=Quota())
    key = create_key(context.engine, Role.SALES, "staff", by="me", now=clock.now)
    accepted = first_message(app, "websocket", "/api/live", subprotocols=["onlooker", key])
    refused = first_message(
        app, "websocket", "/api/live", subprotocols=["onlooker", key[:-1] + "!"]
    )

    assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", "onlooker")
    assert refused["status"] == 401
    in_query = first_message(app, "websocket", "/api/live", query=f"x-api-key={key}&key={key}")
    assert in_query["status"] == 401


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (("GET", "/metrics"), 403),
        (("PUT", OVERRIDE), 403),
        (("GET", "/nothing"), 404),
        (("GET", "/api/pricing/slot/XX-99/2026-11-23T08:00"), 404),
        (("GET", "/api/inventory"), 422),
        (("PATCH", LOCATIONS), 405),
        (("HEAD", LOCATIONS), 200),
    ],
)
def test_whatever_a_key_asks_counts_in_its_quota(
    locked: ApiClient, context: AppContext, clock, ask: tuple[str, str], status: int
):
    key = create_key(context.engine, Role.ADVERTISER, "Acme", by="me", now=clock.now)
    answers = [locked(*ask, headers={"x-api-key": key}) for _ in range(6)]

    assert [one.status_code for one in answers] == [status] * 5 + [429]
    assert answers[0].headers["ratelimit"] == '"key";r=4;t=720'
    assert locked.get(LOCATIONS, headers={"x-api-key": key}).status_code == 429


def test_the_pages_are_not_counted(locked: ApiClient, context: AppContext, clock):
    key = {"x-api-key": create_key(context.engine, Role.ADVERTISER, "Acme", by="me", now=clock.now)}
    for _ in range(9):
        assert locked.get("/status", headers=key).status_code == 200
    assert locked.get(LOCATIONS, headers=key).headers["ratelimit"] == '"key";r=4;t=720'


def test_a_lost_database_at_the_entrance_is_503(context: AppContext, monkeypatch, caplog):
    def lost(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("cloud.auth.access.find_key", lost)
    locked = ApiClient(create_app(context, quota=FEW))
    with caplog.at_level(logging.WARNING):
        answer = locked.get(LOCATIONS, headers={"x-api-key": "onl_x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
