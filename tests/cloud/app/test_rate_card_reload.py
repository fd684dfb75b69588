"""A new rate card takes effect in every process at the same moment."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from cloud import database
from cloud.api.application import create_app
from cloud.api.pricing import price_slot
from cloud.app import rate_card_reload
from cloud.app.change_log import ChangeLog
from cloud.app.context import AppContext, ForecastCache
from cloud.app.rate_card_reload import MIN_LEAD, ContextReloader, record_rate_card
from cloud.app.shared.shared_store import LocalStore
from cloud.auth import audit
from cloud.auth.audit import read_entries
from cloud.cli.rate_card import CardRefused, put_card
from cloud.lru_cache import LruCache
from cloud.pricing.rate_card import RateCard
from cloud.pricing.slot import parse_slot
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.conftest import card
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites

SLOT = "2026-11-23T08:00"
PRICE = f"/api/pricing/slot/KX-01/{SLOT}"
SECOND = timedelta(seconds=1)


def process(context: AppContext, **more: bool) -> ApiClient:
    """Another API on the same database, with a memory of its own."""
    own = replace(
        context,
        shared=LocalStore(),
        forecast_cache=ForecastCache(),
        response_cache=LruCache(99),
        change_log=ChangeLog(),
    )
    asker = ApiClient(create_app(own, **more))
    look(asker)
    return asker


def look(asker: ApiClient) -> None:
    asker.app.state.reloader.refresh()


def version(asker: ApiClient) -> str:
    name: str = asker.get(PRICE).json()["versions"]["rate_card"]
    return name


@pytest.fixture
def put(context: AppContext, clock) -> Callable[..., object]:
    def put(card: RateCard, from_at: datetime | None = None) -> object:
        return put_card(context.engine, card, from_at, by="ann", clock=clock)

    return put


def test_every_process_changes_at_the_same_moment(context: AppContext, clock, put):
    both = [process(context), process(context)]
    before = [asker.get(PRICE) for asker in both]
    tag = {"if-none-match": before[0].headers["etag"]}
    put(card(20))
    for asker in both:
        look(asker)
    clock.advance(MIN_LEAD - SECOND)
    assert [version(asker) for asker in both] == ["reference-2"] * 2
    assert both[0].get(PRICE, headers=tag).status_code == 304
    clock.advance(SECOND)
    assert [version(asker) for asker in both] == ["card-20"] * 2
    after = both[0].get(PRICE, headers=tag)

    assert after.status_code == 200
    assert after.json()["price_minor"] > before[0].json()["price_minor"]


def test_a_process_that_starts_later_knows_what_holds_and_what_will(
    context: AppContext, clock, put
):
    put(card(20))
    put(card(15), clock.now + timedelta(hours=1))
    clock.advance(MIN_LEAD)
    late = process(context)
    assert version(late) == "card-20"
    clock.advance(timedelta(hours=1))
    assert version(late) == "card-15"


def test_a_process_with_a_file_of_its_own_keeps_to_it(context: AppContext, clock, put):
    pinned = process(context, pinned=True)
    put(card(20))
    clock.advance(MIN_LEAD)
    look(pinned)
    assert version(pinned) == "reference-2"


def test_what_was_put_and_what_came_in_force_is_in_the_log_once(context: AppContext, clock, put):
    both = [process(context), process(context)]
    put(card(20))
    clock.advance(MIN_LEAD)
    for asker in (*both, *both):
        look(asker)
    with database.reading(context.engine) as connection:
        audit.verify_chain(connection)
        entries = [(one.action, one.object) for one in audit.read_entries(connection)]

    assert entries == [
        ("rate_card.in_force", "reference-2"),
        ("rate_card.put", "card-20"),
        ("rate_card.in_force", "card-20"),
    ]


def test_of_two_cards_for_one_moment_the_later_put_holds_and_an_old_one_may_come_back(
    context: AppContext, clock, put
):
    asker, from_at = process(context), clock.now + timedelta(minutes=1)
    put(card(20), from_at)
    put(card(15), from_at)
    assert put(card(15), from_at) is None
    look(asker)
    clock.now = from_at
    assert version(asker) == "card-15"
    put(card(20))
    look(asker)
    clock.advance(MIN_LEAD)
    assert version(asker) == "card-20"


def test_another_card_of_the_same_version_is_refused_with_what_differs(context: AppContext, put):
    renamed = msgspec.structs.replace(card(20), version="reference-2")
    with pytest.raises(CardRefused, match=r"traffic.high_traffic_station: 1.3 -> 2"):
        put(renamed)
    put(card(20))
    with pytest.raises(CardRefused, match="change the version"):
        put(msgspec.structs.replace(card(15), version="card-20"))
    with database.reading(context.engine) as connection:
        assert len(list(audit.read_entries(connection))) == 1


@pytest.mark.parametrize(
    "ahead", [timedelta(0), MIN_LEAD - timedelta(microseconds=1), timedelta(401)]
)
def test_a_start_too_early_for_every_process_to_read_is_refused(put, clock, ahead):
    with pytest.raises(CardRefused, match="when every process has read it"):
        put(card(20), clock.now + ahead)


def test_a_price_set_by_another_process_is_read_without_redis(context: AppContext):
    one, other = process(context), process(context)
    before = version(other), other.get(PRICE).json()["price_minor"]
    wanted = {"price": "45.67", "reason": "agreed in March"}
    one("PUT", f"/api/pricing/override/KX-01/{SLOT}", json=wanted)
    assert (version(other), other.get(PRICE).json()["price_minor"]) == before
    look(other)
    assert other.get(PRICE).json()["price_minor"] == 4567


def test_who_loses_the_database_goes_on_and_says_so_once(context: AppContext, monkeypatch, caplog):
    monkeypatch.setattr(rate_card_reload, "CHECK_EVERY_S", 0.001)
    held, looks, stop = ContextReloader(context), [], threading.Event()
    honest = held.refresh

    def looked() -> None:
        looks.append(len(looks))
        if len(looks) in (2, 3, 4):
            with database.reading(context.engine) as connection:
                connection.execute(text("SELECT * FROM no_such_table"))
        honest()
        if len(looks) > 5:
            stop.set()

    monkeypatch.setattr(held, "refresh", looked)
    held.follow(stop)
    assert held.context.card == CARD
    assert [one.message for one in caplog.records if one.name == rate_card_reload.__name__] == [
        "news.lost"
    ]


def test_cards_put_at_the_same_time_are_each_kept(engine: Engine):
    """On both databases."""
    ready = threading.Barrier(3)

    def put(tenths: int) -> None:
        ready.wait()
        put_card(engine, card(tenths), None, by="ann", clock=lambda: FRIDAY_NOON)

    people = [threading.Thread(target=put, args=(tenths,)) for tenths in (11, 12, 14)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    now = [FRIDAY_NOON]
    context = AppContext(engine, sites(), CARD, lambda: now[0])
    held = ContextReloader(context)
    held.refresh()
    assert held.context.card.version == "reference-2"
    now[0] += MIN_LEAD
    with database.reading(engine) as connection:
        last = [
            one.object for one in audit.read_entries(connection) if one.action == "rate_card.put"
        ]
    assert sorted(last) == ["card-11", "card-12", "card-14"]
    assert held.context.card.version == last[-1]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(11, 30), st.integers(5, 40)),
        st.tuples(st.just("pass"), st.integers(1, 12), st.integers(0, 3)),
        st.tuples(st.just("ask"), st.integers(0, 1), st.just(0)),
    ),
    max_size=20,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_no_answer_is_ever_that_of_a_card_that_does_not_hold(tmp_path_factory, clock, steps):
    """Two processes that look at least every four seconds, each when it happens to."""
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('cards')}/onlooker.db")
    create_tables(engine)
    context = AppContext(engine, sites(), CARD, clock)
    site = context.sites.location("KX-01")
    slot = parse_slot(SLOT, site.zone)
    both = [process(context), process(context)]
    truth = [(clock.now, CARD)]
    for what, amount, more in steps:
        if what == "put":
            from_at = clock.now + more * SECOND
            put_card(engine, card(amount), from_at, by="ann", clock=clock)
            truth = sorted([*truth, (from_at, card(amount))], key=lambda one: one[0])
        elif what == "pass":
            for second in range(amount):
                clock.advance(SECOND)
                for number, asker in enumerate(both):
                    if (second + more + number) % 4 == 0 or second == amount - 1:
                        look(asker)
        else:
            holds = [one for at, one in truth if at <= clock.now][-1]
            returned = both[amount].get(PRICE).json()
            own = both[amount].app.state.reloader.context
            fresh = price_slot(replace(own, card=holds), site, slot, own.forecast(site))
            assert returned["versions"]["rate_card_digest"] == holds.digest
            assert returned == msgspec.json.decode(fresh.model_dump_json())
    engine.dispose()


def test_a_rate_card_is_entered_when_it_changes_and_only_then(context: AppContext):
    dearer = msgspec.structs.replace(context.card, version="dearer-2", seasons=())
    for one in (context.card, context.card, dearer, dearer, context.card):
        record_rate_card(AppContext(context.engine, context.sites, one, context.clock), by="ann")

    with database.reading(context.engine) as connection:
        found = [one.object for one in read_entries(connection)]
    assert found == ["reference-2", "dearer-2", "reference-2"]
