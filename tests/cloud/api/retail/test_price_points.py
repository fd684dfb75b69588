"""A batch of price points over HTTP: committed once, with a reason for each that is refused."""

import pytest

from tests.cloud.api.retail.price_point_client import Points, ask
from tests.cloud.ingest.retail.price_messages import NOW, message_of, read_errors, read_points

__all__ = ["ask"]


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
