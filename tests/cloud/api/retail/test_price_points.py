"""A batch of price points over HTTP: committed once, with a reason for each that is refused."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from cloud.api.application import create_app
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.ingest.retail.price_messages import (
    NOW,
    message_of,
    read_errors,
    read_points,
    store_master_data,
)

JSON = {"content-type": "application/json"}


class Points(ApiClient):
    """Sends batches with a key."""

    engine: Engine

    def send(self, *points: bytes, key: str = "k1") -> dict[str, object]:
        return self.send_body(b'{"points":[' + b",".join(points) + b"]}", key).json()

    def send_body(self, body: bytes, key: str = "k1"):
        headers = JSON | {"Idempotency-Key": key}
        return self("POST", "/api/retail/price-points", content=body, headers=headers)


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Points]:
    with open_app_context(tmp_path, ManualClock(NOW)) as context:
        store_master_data(context.engine)
        client = Points(create_app(context))
        client.engine = context.engine
        yield client


def test_valid_points_are_committed_and_others_refused(ask: Points) -> None:
    found = ask.send(message_of(), message_of(event_id="e2", units=-1), b'{"price": 1}')
    assert (found["committed"], found["duplicates"], found["not_queued"]) == (1, 0, 0)
    assert [(one["position"], one["reason"], one["field"]) for one in found["refused"]] == [
        (1, "negative_units", "units"), (2, "wrong_type", "price"),
    ]  # fmt: skip
    (row,) = read_points(ask.engine)
    assert (row.source, row.received_at) == ("api:anonymous, no API keys exist", NOW)
    assert [row.position for row in read_errors(ask.engine)] == ["1", "2"]


def test_the_same_request_is_answered_again(ask: Points) -> None:
    first = ask.send(message_of())
    assert ask.send(message_of()) == first
    assert ask.send(message_of(), key="k2") == first | {"committed": 0, "duplicates": 1}
    assert ask.send_body(b'{"points":[{}]}').status_code == 422
    assert len(read_points(ask.engine)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"null", 422), (b"[]", 422), (b'{"points": []}', 422), (b'{"points": [1]}', 422),
     (b'{"points": [{}], "x": 1}', 422), (b'{"points": [{"a": "\\ud800"}]}', 422),
     (b'{"points": [' + b"{}," * 500 + b"{}]}", 422), (b" " * 300_000, 413)],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused_whole(ask: Points, body: bytes, status: int) -> None:
    answer = ask.send_body(body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert (read_points(ask.engine), read_errors(ask.engine)) == ([], [])


def test_the_queue_is_listed_repaired_and_closed(ask: Points) -> None:
    ask.send(*(message_of(event_id=f"e{n}", units=-1) for n in range(3)))
    page = ask.get("/api/retail/price-errors?limit=2&reason=negative_units").json()
    assert ([one["id"] for one in page["errors"]], page["next"]) == ([3, 2], 2)
    rest = ask.get("/api/retail/price-errors?before=2").json()
    assert ([one["id"] for one in rest["errors"]], rest["next"]) == ([1], None)
    detail = ask.get("/api/retail/price-errors/1").json()
    assert msgspec.json.decode(detail["payload"])["units"] == -1
    repair = {"changes": {"units": "12"}}
    outcome = ask("POST", "/api/retail/price-errors/1/replay", json=repair).json()
    assert outcome == {"committed": True, "outcome": "committed"}
    again = ask("POST", "/api/retail/price-errors/1/replay", json={})
    assert (again.status_code, again.json()["title"]) == (409, "Already settled")
    refused = ask("POST", "/api/retail/price-errors/2/replay", json={}).json()
    assert not refused["committed"]
    closed = ask("POST", "/api/retail/price-errors/2/close", json={"note": "test"})
    assert closed.json() == {"id": 2}
    (count,) = ask.get("/api/retail/price-errors/counts").json()["counts"]
    assert (count["open"], count["stored"], count["left_out"]) == (1, 3, 0)
    assert ask.get("/api/retail/price-errors/99").status_code == 404
    unknown = ask("POST", "/api/retail/price-errors/3/replay", json={"changes": {"x": "1"}})
    assert unknown.status_code == 422
