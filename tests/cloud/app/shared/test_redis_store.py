"""Several API processes on one database, with and without Redis between them."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud import database
from cloud.api.application import create_app
from cloud.api.pricing import price_slot
from cloud.app.context import AppContext, ForecastCache
from cloud.app.shared import redis_store
from cloud.app.shared.redis_store import RedisStore
from cloud.app.shared.shared_store import LocalStore, SharedStore
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.lru_cache import LruCache
from cloud.pricing.slot import parse_slot
from tests.cloud.redis_server import RedisServer

PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"
THREE = Quota(questions=3, period=timedelta(hours=1))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisServer]:
    """One that a test may end."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["alone", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedStore]:
    if request.param == "alone":
        yield LocalStore()
        return
    redis_server = request.getfixturevalue("redis_server")
    common = RedisStore(redis_server.url, of=str(tmp_path))
    yield common
    common.close()


def another(context: AppContext, url: str, of: str) -> AppContext:
    """The context of another process on the same database."""
    return AppContext(
        context.engine, context.sites, context.card, context.clock, RedisStore(url, of=of)
    )


def enter(context: AppContext, now: datetime) -> None:
    """Any change in the log that prices depend on."""
    with database.writing(context.engine) as connection:
        audit.record_change(
            connection, at=now, actor="ann", action="occupancy.load", about="a file", details={}
        )


def test_a_caller_is_counted_as_one_meter_counts(shared: SharedStore, clock):
    verdicts = [asyncio.run(shared.take("ann", THREE, clock.now)) for _ in range(5)]

    assert [one.allowed for one in verdicts] == [True, True, True, False, False]
    assert [one.remaining for one in verdicts] == [2, 1, 0, 0, 0]
    assert verdicts[0].written == '"key";r=2;t=1200'
    assert verdicts[3].retry_after == timedelta(minutes=20)
    clock.advance(timedelta(minutes=20))
    assert asyncio.run(shared.take("ann", THREE, clock.now)).allowed
    assert asyncio.run(shared.take("bob", THREE, clock.now)).remaining == 2


def test_what_is_kept_is_what_was_given_or_what_another_was_quicker_with(redis_server, tmp_path):
    one, other = (RedisStore(redis_server.url, of=str(tmp_path)) for _ in range(2))

    assert one.get("made") is None
    assert one.put("made", b"first", None, MINUTE) == b"first"
    assert other.put("made", b"second", None, MINUTE) == b"first"
    assert other.put("made", b"third", b"first", MINUTE) == b"third"
    assert one.get("made") == b"third"
    stranger = RedisStore(redis_server.url, of="another database")
    assert stranger.get("made") is None
    for each in (one, other, stranger):
        each.close()


def test_two_processes_give_the_same_bytes_and_read_the_database_once(
    ask, context: AppContext, redis_server, tmp_path, monkeypatch
):
    contexts = [another(context, redis_server.url, str(tmp_path)) for _ in range(2)]
    read = []
    first = AppContext._compute_forecast
    monkeypatch.setattr(
        AppContext, "_compute_forecast", lambda self, *of: read.append(of) or first(self, *of)
    )
    answers = []
    for each in contexts:
        ask.app = create_app(each)
        answers.append(ask.get(PRICE))

    assert len(read) == 1
    assert answers[0].content == answers[1].content
    assert answers[0].headers["etag"] == answers[1].headers["etag"]


def test_a_caller_cannot_ask_more_by_asking_two_processes(
    ask, context: AppContext, redis_server, tmp_path, clock
):
    key = {"x-api-key": create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)}
    apps = [
        create_app(another(context, redis_server.url, str(tmp_path)), quota=THREE) for _ in range(2)
    ]
    statuses = []
    for turn in range(4):
        ask.app = apps[turn % 2]
        statuses.append(ask.get("/api/locations", headers=key).status_code)

    assert statuses == [200, 200, 200, 429]


def test_a_change_in_the_log_ends_what_every_process_remembers(
    ask, context: AppContext, redis_server, tmp_path, clock
):
    contexts = [another(context, redis_server.url, str(tmp_path)) for _ in range(2)]
    site = context.sites.location("KX-01")
    before = [each.forecast(site) for each in contexts]
    enter(context, clock.now)
    assert (
        contexts[1].fresh(site) is before[1]
    )  # it has not read the log yet: within a second it will
    for each in contexts:
        each.read_changes()

    assert all(each.fresh(site) is None for each in contexts)
    assert contexts[1].forecast(site) is not before[1]


def test_redis_may_go_and_come_back_and_no_request_fails(
    ask, context: AppContext, own: RedisServer, clock, caplog, monkeypatch
):
    monkeypatch.setattr(redis_store, "RETRY_AFTER_S", 0.0)
    caplog.set_level(logging.INFO)
    key = {"x-api-key": create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)}
    ask.app = create_app(another(context, own.url, "here"), quota=Quota())
    prices = [ask.get(PRICE, headers=key)]
    own.stop()
    for _ in range(3):
        clock.advance(MINUTE)
        prices.append(ask.get(PRICE, headers=key))
    own.start()
    for _ in range(2):
        clock.advance(MINUTE)
        prices.append(ask.get(PRICE, headers=key))

    assert [answer.status_code for answer in prices] == [200] * 6
    assert len({answer.json()["price_minor"] for answer in prices}) == 1
    events = [one.message for one in caplog.records if one.name == "cloud.app.shared.redis_store"]
    assert events == ["redis.lost", "redis.back"]
    assert own.url not in caplog.text


def test_while_redis_is_away_it_is_not_asked(tmp_path, caplog, monkeypatch):
    asked = []
    dial = redis.UnixDomainSocketConnection.connect
    monkeypatch.setattr(
        redis.UnixDomainSocketConnection, "connect", lambda self: asked.append(1) or dial(self)
    )
    common = RedisStore(f"unix://{tmp_path}/nobody.sock", of="here")
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            assert common.get("made") is None
            assert common.put("made", b"mine", None, MINUTE) == b"mine"
    assert [one.message for one in caplog.records] == ["redis.lost"]
    assert len(asked) == 1
    common.close()


steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "card", "pass", "invalidate", "forget"]),
        st.integers(0, 1),
        st.integers(1, 20),
    ),
    max_size=20,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_no_process_ever_serves_the_price_of_another_card(
    ask, context: AppContext, redis_server, tmp_path, clock, steps
):
    """Two processes, whatever happens to them: each price is its own card's, worked out anew."""
    site, answers = context.sites.location("KX-01"), context.response_cache
    contexts = [
        replace(another(context, redis_server.url, str(tmp_path)), response_cache=answers)
        for _ in range(2)
    ]
    slot = parse_slot("2026-11-23T08:00", site.zone)
    for what, which, amount in steps:
        mine = contexts[which]
        if what == "card":
            traffic = {"high_traffic_station": Decimal(amount) / 10}
            card = msgspec.structs.replace(mine.card, version=f"card-{amount}", traffic=traffic)
            contexts[which] = replace(mine, card=card)
        elif what == "pass":
            clock.advance(timedelta(minutes=amount))
        elif what == "invalidate":
            enter(context, clock.now)
            mine.read_changes()
        elif what == "forget":
            contexts[which] = replace(
                mine, forecast_cache=ForecastCache(), response_cache=LruCache(9)
            )
        else:
            ask.app = create_app(mine)
            returned = ask.get(PRICE).json()
            fresh = price_slot(
                replace(mine, response_cache=LruCache(1)), site, slot, mine.forecast(site)
            )
            assert returned["versions"]["rate_card_digest"] == mine.card.digest
            assert returned["price_minor"] == fresh.price_minor
            assert returned == msgspec.json.decode(fresh.model_dump_json())
    for each in contexts:
        each.shared.close()
