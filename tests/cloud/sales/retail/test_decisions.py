"""A recommendation is decided on once, in time, within the hard rules, and then is a price."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.database import reading, writing
from cloud.sales.retail.decisions import (
    DecisionConflictError,
    DecisionError,
    PriceDecision,
    decide,
    expire_past,
    propose,
)
from cloud.sales.retail.prices import PriceSource, read_in_force
from cloud.sales.retail.recommendation_store import (
    RecommendationFilter,
    RecommendationState,
    UnknownRecommendationError,
    count_states,
    find_recommendation,
    list_recommendations,
)
from cloud.sales.retail.rule_check import RuleBrokenError
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.sales.retail.retail_rows import (
    ACCEPT,
    KEY,
    MINUTE,
    NOON,
    FloorCheck,
    allow_all,
    new_recommendation,
)

State = RecommendationState


def proposed(connection: Connection, **more: object) -> None:
    propose(connection, [new_recommendation(**more)], by="nightly", now=NOON)


def test_an_accepted_price_is_active_at_once(connection: Connection) -> None:
    proposed(connection)
    result = decide(connection, "r1", ACCEPT, allow_all, by="ann", now=NOON, batch="d1")
    assert result.recommendation.state is State.ACTIVE
    assert result.recommendation.decided_by == "ann"
    price = read_in_force(connection, [KEY], NOON)[KEY]
    assert (price.price_minor, price.source) == (379, PriceSource.RECOMMENDATION)
    assert price.recommendation == "r1"


@SQLITE_ONLY
def test_a_changed_price_is_that_of_the_decision(connection: Connection) -> None:
    proposed(connection)
    change = PriceDecision(state=State.CHANGED, price_minor=389, reason="rounder")
    decide(connection, "r1", change, allow_all, by="ann", now=NOON, batch="d1")
    price = read_in_force(connection, None, NOON)[KEY]
    assert (price.price_minor, price.source, price.reason) == (389, PriceSource.CHANGE, "rounder")


@SQLITE_ONLY
def test_a_rejected_one_sets_no_price(connection: Connection) -> None:
    proposed(connection)
    refusal = PriceDecision(state=State.REJECTED, reason="promotion next week")
    result = decide(connection, "r1", refusal, allow_all, by="ann", now=NOON, batch="d1")
    assert result.recommendation.state is State.REJECTED
    assert read_in_force(connection, None, NOON) == {}


def test_of_two_decisions_one_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        proposed(connection)
        decide(connection, "r1", ACCEPT, allow_all, by="ann", now=NOON, batch="d1")
    refusal = PriceDecision(state=State.REJECTED, reason="no")
    with writing(engine) as connection, pytest.raises(DecisionConflictError, match="by ann"):
        decide(connection, "r1", refusal, allow_all, by="bob", now=NOON, batch="d2")
    with reading(engine) as connection:
        assert find_recommendation(connection, "r1").decided_by == "ann"


@SQLITE_ONLY
def test_a_decision_on_a_row_that_changed_after_it_was_read_is_refused(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed(connection)
    stale = find_recommendation(connection, "r1")
    decide(connection, "r1", ACCEPT, allow_all, by="ann", now=NOON, batch="d1")
    found = iter([stale])
    monkeypatch.setattr(
        "cloud.sales.retail.decisions.find_recommendation",
        lambda connection, name: next(found, replace(stale, state=State.ACTIVE)),
    )
    with pytest.raises(DecisionConflictError):
        decide(connection, "r1", ACCEPT, allow_all, by="bob", now=NOON, batch="d2")


@SQLITE_ONLY
def test_a_price_that_a_hard_rule_refuses_stays_proposed(connection: Connection) -> None:
    proposed(connection)
    with pytest.raises(RuleBrokenError, match="below the cost 380"):
        decide(connection, "r1", ACCEPT, FloorCheck(380), by="ann", now=NOON, batch="d1")
    assert find_recommendation(connection, "r1").state is State.PROPOSED


@SQLITE_ONLY
def test_nobody_decides_on_an_expired_one(connection: Connection) -> None:
    proposed(connection)
    late = NOON + timedelta(days=1)
    with pytest.raises(DecisionConflictError, match="expired"):
        decide(connection, "r1", ACCEPT, allow_all, by="ann", now=late, batch="d1")
    assert expire_past(connection, late) == 1
    assert find_recommendation(connection, "r1").state is State.EXPIRED


@SQLITE_ONLY
def test_a_new_proposal_expires_the_one_before(connection: Connection) -> None:
    proposed(connection)
    propose(connection, [new_recommendation("r2", batch="b2")], by="nightly", now=NOON + MINUTE)
    states = [find_recommendation(connection, name).state for name in ("r1", "r2")]
    assert states == [State.EXPIRED, State.PROPOSED]


@SQLITE_ONLY
def test_the_queue_is_filtered_and_paged(connection: Connection) -> None:
    rows = [
        new_recommendation(f"r{n}", store=f"S-0{n}", proposed_at=NOON + n * MINUTE,
                           category="juice" if n == 3 else "juice/orange",
                           region="south" if n == 4 else "north")
        for n in range(1, 5)
    ]  # fmt: skip
    propose(connection, rows, by="nightly", now=NOON)
    first = list_recommendations(connection, RecommendationFilter(), NOON, after=None, most=2)
    assert [one.id for one in first] == ["r4", "r3"]
    below = RecommendationFilter(category="juice/orange", region="north", state=State.PROPOSED)
    rest = list_recommendations(connection, below, NOON, after=first[-1], most=9)
    assert [one.id for one in rest] == ["r2", "r1"]
    assert count_states(connection, RecommendationFilter(), NOON)[State.PROPOSED] == 4
    late = NOON + timedelta(days=2)
    assert count_states(connection, RecommendationFilter(), late)[State.EXPIRED] == 4


@SQLITE_ONLY
def test_an_unknown_one_is_said_to_be_unknown(connection: Connection) -> None:
    with pytest.raises(UnknownRecommendationError):
        decide(connection, "none", ACCEPT, allow_all, by="ann", now=NOON, batch="d")


@pytest.mark.parametrize(
    ("state", "more"),
    [
        (State.REJECTED, {}),
        (State.CHANGED, {"reason": "why"}),
        (State.ACCEPTED, {"price_minor": 3}),
        (State.CHANGED, {"price_minor": 3, "reason": " "}),
    ],
)
def test_an_incomplete_decision_is_refused(state: State, more: dict[str, object]) -> None:
    with pytest.raises(DecisionError):
        PriceDecision(state=state, **more)  # type: ignore[arg-type]


def test_proposals_at_the_same_time_replace_one_another(engine: Engine) -> None:
    ready = threading.Barrier(4)

    def propose_one(name: str) -> None:
        ready.wait(10)
        with writing(engine) as connection:
            proposed(connection, name=name, batch=name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(propose_one, ("r1", "r2", "r3", "r4")))
    with reading(engine) as connection:
        counts = count_states(connection, RecommendationFilter(), NOON)
    assert (counts[State.PROPOSED], counts[State.EXPIRED]) == (1, 3)
