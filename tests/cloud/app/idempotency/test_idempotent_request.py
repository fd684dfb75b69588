"""A route with the dependency executes a change once for each key."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.idempotency import idempotent_request
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import CLAIM_FOR, Reply
from cloud.auth.audit import read_entries, record_change
from cloud.database import reading
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context


class Counted(BaseModel):
    amount: int


class Counter:
    """An application with one route that writes an audit entry."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.fault: Exception | None = None
        router = APIRouter()
        router.post("/counted/{name}")(self.count)
        app = create_app(context)
        app.router.routes.extend(router.routes)
        self.client = ApiClient(app)

    async def count(self, name: str, asked: Counted, idempotent: Idempotent) -> Response:
        def change(connection: Connection) -> Reply:
            number = record_change(
                connection, at=self.context.clock(), actor="x", action="count", about=name,
                details={"amount": asked.amount},
            )  # fmt: skip
            if self.fault:
                raise self.fault
            return Reply(201, str(number).encode(), {"location": f"/counted/{number}"})

        return await run_in_threadpool(idempotent.run, self.context, change)

    def post(self, key: str | None = "k-1", amount: object = 1, name: str = "a", **more: object):
        headers = {"content-type": "application/json"}
        if key is not None:
            headers["idempotency-key"] = key
        sent = {"json": {"amount": amount}, **more}
        return self.client("POST", f"/counted/{name}", headers=headers, **sent)

    def entries(self) -> int:
        with reading(self.context.engine) as connection:
            return len(list(read_entries(connection)))


@pytest.fixture
def counter(tmp_path, clock: ManualClock) -> Iterator[Counter]:
    with open_app_context(tmp_path, clock) as context:
        yield Counter(context)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_repeated_request_gets_the_same_answer_and_changes_nothing(counter: Counter) -> None:
    first, second = counter.post(), counter.post(content=b' {"amount" : 1 }', json=None)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content == b"1"
    assert first.headers["location"] == second.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert counter.entries() == 1
    assert counter.post("k-2").content == b"2"


@pytest.mark.parametrize("other", [{"amount": 2}, {"name": "b"}, {"params": {"x": 1}}])
def test_the_key_of_another_request_is_refused(counter: Counter, other: dict) -> None:
    counter.post()
    refused = counter.post(**other)
    assert (refused.status_code, refused.json()["title"]) == (422, "Idempotency key reused")
    assert counter.entries() == 1


def test_a_request_without_a_key_or_with_an_invalid_one_is_refused(counter: Counter) -> None:
    missing = counter.post(None)
    assert (missing.status_code, missing.json()["title"]) == (400, "Missing idempotency key")
    assert counter.post("a b").status_code == counter.post("a" * 256).status_code == 422
    assert counter.post(amount="many").status_code == 422
    assert counter.entries() == 0


def test_a_failed_request_is_rolled_back_and_can_be_repeated(counter: Counter) -> None:
    counter.fault = RuntimeError("a fault")
    assert counter.post().status_code == 500
    counter.fault = None
    assert counter.post().status_code == 201
    assert counter.entries() == 1


def test_after_a_killed_process_the_key_conflicts_until_its_claim_ends(
    counter: Counter, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.fault = RuntimeError("killed")
    with monkeypatch.context() as patch:
        patch.setattr(idempotent_request, "release_key", lambda *_: None)
        counter.post()
    counter.fault = None
    running = counter.post()
    assert (running.status_code, running.headers["retry-after"]) == (409, "1")
    clock.advance(CLAIM_FOR)
    assert counter.post().status_code == 201
    assert counter.entries() == 1
