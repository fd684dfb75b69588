"""A read of a request runs on a thread, in one transaction; an answer is sent once."""

import threading
from types import SimpleNamespace

import anyio
from sqlalchemy import Connection, create_engine, text
from starlette.requests import Request

from cloud.app.idempotency.request_transactions import answer_read, read_database


def request_of(**headers: str) -> Request:
    context = SimpleNamespace(engine=create_engine("sqlite://"))
    app = SimpleNamespace(state=SimpleNamespace(reloader=SimpleNamespace(context=context)))
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded, "app": app})


def test_a_read_gets_a_connection_in_another_thread() -> None:
    def read(connection: Connection) -> tuple[int, str]:
        return connection.execute(text("SELECT 7")).scalar_one(), threading.current_thread().name

    number, thread = anyio.run(read_database, request_of(), read)
    assert number == 7
    assert thread != threading.current_thread().name


def test_a_client_that_has_the_answer_gets_304() -> None:
    first = anyio.run(answer_read, request_of(), lambda _connection: b"[1]")
    again = anyio.run(
        answer_read, request_of(if_none_match=first.headers["etag"]), lambda _connection: b"[1]"
    )
    assert (first.status_code, first.body, again.status_code) == (200, b"[1]", 304)
