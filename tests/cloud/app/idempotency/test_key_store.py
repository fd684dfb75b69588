"""One request of a key is executed, on both databases; a failed or killed one can be repeated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from cloud.app.idempotency.key_store import (
    CLAIM_FOR,
    RETENTION,
    Claim,
    KeyedRequest,
    KeyInUse,
    KeyReused,
    Reply,
    claim_key,
    complete_key,
    delete_expired_keys,
    idempotency_keys,
    release_key,
)
from cloud.database import reading, writing

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REQUEST = KeyedRequest("acme", "POST /api/orders", "k-1", "a" * 64)
REPLY = Reply(201, b'{"id":"1"}', {"location": "/api/orders/1"})


def claim(engine: Engine, request: KeyedRequest = REQUEST, now: datetime = NOON) -> Claim | Reply:
    with writing(engine) as connection:
        return claim_key(connection, request, now)


def complete(engine: Engine, held: Claim | Reply) -> None:
    assert isinstance(held, Claim)
    with writing(engine) as connection:
        complete_key(connection, held, REPLY)


def test_the_first_request_claims_the_key_and_later_ones_get_its_answer(engine: Engine) -> None:
    first = claim(engine)
    with pytest.raises(KeyInUse):
        claim(engine)
    complete(engine, first)
    assert claim(engine) == claim(engine) == REPLY
    with pytest.raises(KeyReused):
        claim(engine, replace(REQUEST, digest="b" * 64))
    for other in ({"account": "bolt"}, {"route": "POST /api/plans"}, {"key": "k-2"}):
        assert isinstance(claim(engine, replace(REQUEST, **other)), Claim)


def test_a_claim_that_was_not_completed_ends_and_cannot_be_completed_later(engine: Engine) -> None:
    killed = claim(engine)
    with pytest.raises(KeyInUse):
        claim(engine, now=NOON + CLAIM_FOR - timedelta(seconds=1))
    second = claim(engine, now=NOON + CLAIM_FOR)
    with pytest.raises(KeyInUse):
        complete(engine, killed)
    complete(engine, second)
    assert claim(engine, now=NOON + CLAIM_FOR) == REPLY


def test_a_released_key_can_be_claimed_again_and_an_answer_is_not_released(engine: Engine) -> None:
    first = claim(engine)
    assert isinstance(first, Claim)
    with writing(engine) as connection:
        release_key(connection, first)
    second = claim(engine)
    complete(engine, second)
    assert isinstance(second, Claim)
    with writing(engine) as connection:
        release_key(connection, second)
    assert claim(engine) == REPLY


def test_an_answer_expires_after_a_day(engine: Engine) -> None:
    complete(engine, claim(engine))
    assert claim(engine, now=NOON + RETENTION - timedelta(seconds=1)) == REPLY
    assert isinstance(claim(engine, now=NOON + RETENTION), Claim)
    with writing(engine) as connection:
        assert delete_expired_keys(connection, NOON + 2 * RETENTION) == 1
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(idempotency_keys)).scalar() == 0
