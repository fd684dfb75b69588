"""Live news through a real server: closed to strangers, complete, resumable, kind to the slow."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from cloud import database
from cloud.alerting.lifecycle import apply_measures
from cloud.api import live
from cloud.api.application import create_app
from cloud.app import broadcaster
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key, list_keys, revoke_key
from cloud.auth.quota import Quota
from cloud.cli.serve import Server
from cloud.ingest.commit import commit
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.windows import changes as live_news
from tests.cloud.alerting.conftest import AT_ONCE, blind
from tests.cloud.rates import CARD, sites
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

SOON_S = 20.0
AT, BEFORE = "2026-11-20T", "2026-11-19T"
DAYS = 20
SMALL = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)


@pytest.fixture
def context(engine: Engine, watch) -> AppContext:
    """On SQLite and on PostgreSQL."""
    return AppContext(engine, sites(), CARD, watch)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "READ_EVERY_S", 0.05)
    monkeypatch.setattr("cloud.windows.changes.ALERTS_EVERY", timedelta(0))


@contextmanager
def serving(context: AppContext, **options: Any) -> Iterator[str]:
    """A real uvicorn on a free port; its small buffers make a slow client felt at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    config = uvicorn.Config(create_app(context, **options), log_config=None, lifespan="off")
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.handle_exit(15, None)
        thread.join(SOON_S)
        listener.close()
        assert not thread.is_alive()


@pytest.fixture
def counted(
    context: AppContext, watch, report: Callable[..., AudienceReport]
) -> Callable[..., None]:
    """Counts reports of a place that start some minutes ago, as the stream does."""
    numbers = iter(range(1, 100_000))

    def counted(location: str, *minutes_ago: int, visits: int = 2) -> None:
        device = f"{location.lower()}-cam-1"
        made = [
            report(next(numbers), location=location, device=device, visits=visits,
                   starts_at=watch.now - timedelta(minutes=ago))
            for ago in minutes_ago
        ]  # fmt: skip
        findings = [
            finding
            for one in made
            for finding in validate(
                Delivery(
                    f"onlooker/v1/{location}/{device}/audience", encode_event(audience_event(one))
                ),
                is_listed=lambda *_: True,
                now=watch.now,
            )
        ]
        commit(context.engine, findings, watch.now)

    return counted


Told = dict[str, Any]


class Sse:
    """What a client of server-sent events makes of the stream."""

    def __init__(self, at: str, query: str = "", **headers: str) -> None:
        transport = httpx.HTTPTransport(socket_options=[SMALL])
        self._client = httpx.Client(transport=transport, timeout=SOON_S)
        request = self._client.build_request("GET", f"http://{at}/api/live{query}", headers=headers)
        self.answer = self._client.send(request, stream=True)
        self._lines = self.answer.iter_lines()
        self.id = headers.get("last-event-id")

    def next(self) -> Told:
        told: Told = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line and name:
                told[name] = value
            elif not line and told:
                self.id = told.get("id", self.id)
                if "data" in told:
                    return {"event": told["event"], "data": json.loads(told["data"])}
                return {"event": "cursor", "id": self.id}
        raise EOFError

    def close(self) -> None:
        self.answer.close()
        self._client.close()


class Ws:
    """The same for a WebSocket."""

    def __init__(self, at: str, query: str = "", **headers: str) -> None:
        self._opened = ExitStack()
        address = f"ws://{at}/api/live{query}"
        line = socket.socket()
        line.setsockopt(*SMALL)
        host, port = at.split(":")
        line.connect((host, int(port)))
        opening = connect(address, sock=line, additional_headers=headers, compression=None)
        self._socket = self._opened.enter_context(opening)
        self.id: str | None = None

    def next(self) -> Told:
        try:
            told: Told = json.loads(self._socket.recv(timeout=SOON_S))
        except ConnectionClosed as closed:
            raise EOFError from closed
        self.id = told.get("id", self.id)
        return told

    def close(self) -> None:
        self._opened.close()


Client = type[Sse] | type[Ws]
BOTH = pytest.mark.parametrize("client", [Sse, Ws])
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def listening(client: Client, at: str, query: str = "", **headers: str) -> Iterator[Sse | Ws]:
    """A client that has been told where it stands."""
    ear = client(at, query, **headers)
    try:
        yield ear
    finally:
        ear.close()


def windows(ear: Sse | Ws, until: Callable[[dict[str, int]], bool]) -> dict[str, int]:
    """Visits by place and window, the latest word about each, until all has come; then the mark."""
    heard: dict[str, int] = {}
    while True:
        told = ear.next()
        if told["event"] == "window":
            data = told["data"]
            heard[f"{data['location']} {data['starts_at']}"] = data["visits"]
        elif told["event"] == "cursor" and until(heard):
            return heard


def mark(ear: Sse | Ws) -> None:
    while ear.next()["event"] != "cursor":
        pass


@SQLITE
@BOTH
@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.ADVERTISER, 403)])
def test_strangers_and_advertisers_hear_nothing(context, watch, client, role, status):
    key = create_key(context.engine, role, "a test", by="me", now=watch.now) if role else "onl_x"
    with serving(context, quota=Quota()) as at:
        if client is Sse:
            with listening(Sse, at, **{"x-api-key": key}) as ear:
                assert ear.answer.status_code == status
                assert ear.answer.headers["content-type"] == "application/problem+json"
        else:
            with pytest.raises(InvalidStatus) as refused:
                Ws(at, **{"x-api-key": key})
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body)["status"] == status


@SQLITE
@BOTH
@pytest.mark.parametrize(
    ("query", "status"),
    [("?location=XX-99", 404), ("?last_id=yesterday", 422), (f"?last_id={'9' * 50}-1", 422)],
)
def test_what_cannot_be_heard_is_refused_before_anything_is_said(context, client, query, status):
    with serving(context) as at:
        if client is Sse:
            with listening(Sse, at, query) as ear:
                assert ear.answer.status_code == status
        else:
            with pytest.raises(InvalidStatus) as refused:
                Ws(at, query)
            assert refused.value.response.status_code == status


@BOTH
def test_windows_are_told_as_they_change_late_ones_too(context, counted, client):
    with serving(context) as at, listening(client, at) as ear:
        mark(ear)
        counted("KX-01", 6)
        assert windows(ear, bool) == {f"KX-01 {AT}11:50:00Z": 2}
        counted("KX-01", 6, 1440 + 2)
        counted("LB-01", 2)
        heard = windows(ear, lambda heard: len(heard) == 3)
    assert heard == {
        f"KX-01 {AT}11:50:00Z": 4,
        f"KX-01 {BEFORE}11:55:00Z": 2,
        f"LB-01 {AT}11:55:00Z": 2,
    }


@SQLITE
@BOTH
@pytest.mark.parametrize("query", ["?location=LB-01", "?venue_type=10604", "?what=window"])
def test_one_hears_only_what_one_asked_for(context, counted, watch, client, query):
    with serving(context) as at, listening(client, at, query) as ear:
        mark(ear)
        with database.writing(context.engine) as connection:
            apply_measures(connection, [blind(0.9)], watch.now, AT_ONCE)
        counted("KX-01", 6)
        counted("LB-01", 6)
        heard = windows(ear, lambda heard: f"LB-01 {AT}11:50:00Z" in heard)
    assert (f"KX-01 {AT}11:50:00Z" in heard) is (query == "?what=window")


@SQLITE
@BOTH
def test_alerts_are_told_when_they_are_raised_and_when_they_are_cleared(context, watch, client):
    def measured(share: float) -> None:
        with database.writing(context.engine) as connection:
            apply_measures(connection, [blind(share)], watch.now, AT_ONCE)

    def alert(ear: Sse | Ws) -> Told:
        while (told := ear.next())["event"] != "alert":
            pass
        return told["data"]

    with serving(context) as at, listening(client, at, "?what=alert") as ear:
        mark(ear)
        measured(0.9)
        raised = alert(ear)
        measured(0.0)
        cleared = alert(ear)
    assert (raised["state"], raised["kind"], cleared["state"]) == (
        "open",
        "camera.unobserved",
        "cleared",
    )
    assert raised["id"] == cleared["id"]


@BOTH
def test_who_comes_back_hears_what_changed_meanwhile_even_from_another_server(
    context, counted, watch, client
):
    with serving(context) as at, listening(client, at) as ear:
        counted("KX-01", 6)
        windows(ear, bool)
        last = ear.id
    counted("KX-01", 6, 20)
    counted("LB-01", 1440)
    with database.writing(context.engine) as connection:
        apply_measures(connection, [blind(0.9)], watch.now, AT_ONCE)
    with serving(context) as at, listening(client, at, f"?last_id={last}") as ear:
        heard = windows(ear, bool)
    assert heard == {
        f"KX-01 {AT}11:50:00Z": 4,
        f"KX-01 {AT}11:40:00Z": 2,
        f"LB-01 {BEFORE}12:00:00Z": 2,
    }


@SQLITE
def test_the_header_of_a_browser_that_comes_back_is_heeded(context, counted):
    counted("KX-01", 6)
    with serving(context) as at, listening(Sse, at, **{"last-event-id": "0-0"}) as ear:
        assert windows(ear, bool) == {f"KX-01 {AT}11:50:00Z": 2}


@SQLITE
@BOTH
def test_who_comes_back_from_a_place_that_is_not_known_is_told_to_read_again(
    context, counted, client
):
    counted("KX-01", 6)
    with serving(context) as at, listening(client, at, "?last_id=999999999-0") as ear:
        assert ear.next()["event"] == "reset"
        mark(ear)
        counted("KX-01", 6)
        assert windows(ear, bool) == {f"KX-01 {AT}11:50:00Z": 4}


@SQLITE
@BOTH
def test_who_takes_nothing_is_disconnect_with_a_word_and_misses_nothing(
    context, counted, client, monkeypatch
):
    monkeypatch.setattr(broadcaster, "MAX_QUEUED", 50)
    full = threading.Event()
    disconnect = broadcaster.Subscriber.disconnect

    def noticed(self: broadcaster.Subscriber, name: str, reason: str) -> None:
        disconnect(self, name, reason)
        full.set()

    monkeypatch.setattr(broadcaster.Subscriber, "disconnect", noticed)
    heard: dict[str, int] = {}
    with serving(context) as at:
        with listening(client, at) as ear:
            mark(ear)
            batch = 0
            while not full.is_set():  # nobody reads: what is sent stays in the buffers
                counted("KX-01", *(1440 * (batch % DAYS) + 5 * step for step in range(40)))
                batch += 1
                assert batch < 2_000
            last_word = None
            while last_word is None:
                told = ear.next()
                if told["event"] == "window":
                    heard[f"KX-01 {told['data']['starts_at']}"] = told["data"]["visits"]
                elif told["event"] == "dropped":
                    last_word = told["data"]
            with pytest.raises(EOFError):
                ear.next()
        assert "50 events were waiting" in last_word["reason"]
        with listening(client, at, f"?last_id={last_word['last_id']}") as ear:
            heard |= windows(ear, bool)
    assert sum(heard.values()) == 2 * 40 * batch


@SQLITE
@BOTH
def test_a_key_that_is_revoked_meanwhile_ends_the_stream(context, watch, counted, client):
    key = create_key(context.engine, Role.SALES, "a test", by="me", now=watch.now)
    with serving(context, quota=Quota()) as at, listening(client, at, **{"x-api-key": key}) as ear:
        mark(ear)
        revoke_key(context.engine, list_keys(context.engine)[0].id, by="me", now=watch.now)
        watch.pass_by(timedelta(minutes=1))
        counted("KX-01", 6)
        while (told := ear.next())["event"] != "refused":
            pass
        assert "no key that is in force" in told["data"]["reason"]
        with pytest.raises(EOFError):
            ear.next()


@SQLITE
@BOTH
def test_a_server_that_stops_says_so_and_where_to_go_on(context, client):
    with serving(context) as at:
        ear = client(at)
        mark(ear)
    while (told := ear.next())["event"] != "closing":
        pass
    assert told["data"] == {"reason": "the server is stopping", "last_id": ear.id}
    ear.close()


@SQLITE
def test_however_many_listen_the_database_is_read_once(context, counted, monkeypatch):
    looks: list[int] = []
    audiences = live_news.read_windows

    def read(connection, keys, **more):
        looks.append(len(keys))
        return audiences(connection, keys, **more)

    monkeypatch.setattr(live_news, "read_windows", read)
    with serving(context) as at:
        ears = [Sse(at) for _ in range(20)]
        for ear in ears:
            mark(ear)
        counted("KX-01", 6, 12)
        for ear in ears:
            assert len(windows(ear, lambda heard: len(heard) == 2)) == 2
            ear.close()
    assert sum(looks) == 2


@SQLITE
def test_a_sign_of_life_comes_when_nothing_else_does(context, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(broadcaster, "READ_EVERY_S", 60.0)
    with serving(context) as at, listening(Sse, at) as ear:
        assert next(line for line in ear.answer.iter_lines() if line.startswith(":"))
