"""Prices are proposed once a day, and not where a user works on them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from cloud.app.context import AppContext
from cloud.app.retail.daily_proposals import PROPOSER, DailyProposals, propose_for_a_day
from cloud.app.retail.proposing import VALID_FOR, propose_recommended
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.database import reading, writing
from cloud.forecast.retail.estimates import DemandEstimate, Evidence, write_estimates
from cloud.sales.retail.decisions import PriceDecision, decide
from cloud.sales.retail.hard_rules import HardRuleCheck
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.recommendation_store import (
    RecommendationFilter,
    RecommendationState,
    StoredRecommendation,
    list_recommendations,
)
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.retail_points import PRODUCT, insert_points, point_row

NIGHT = FRIDAY_NOON
DAY = timedelta(days=1)
SUPPORTED = DemandEstimate(
    product=PRODUCT, store="S-00", elasticity=-3.0, elasticity_low=-3.3, elasticity_high=-2.7,
    standard_error=0.1, baseline_units=70.0, baseline_price_minor=400, units_sd_log=0.3,
    stockpiling_share=None, evidence=Evidence.SUFFICIENT, model_version="test-1",
    as_of=NIGHT.date(),
)  # fmt: skip


@pytest.fixture
def engine(context: AppContext) -> Engine:
    """S-00 and S-01 have sufficient evidence, S-02 weak; S-03 has no price point."""
    with writing(context.engine) as connection:
        stores = ("S-00", "S-01", "S-02")
        insert_points(connection, [point_row(one, NIGHT, inventory=500) for one in stores])
        estimates = [replace(SUPPORTED, store=one) for one in ("S-00", "S-01", "S-03")]
        weak = replace(SUPPORTED, store="S-02", evidence=Evidence.WEAK)
        write_estimates(connection, [*estimates, weak])
    return context.engine


def propose_at(engine: Engine, now: datetime) -> DailyProposals:
    return propose_for_a_day(engine, RuleSetReader(), now=now)


def list_open(engine: Engine, now: datetime) -> list[StoredRecommendation]:
    chosen = RecommendationFilter(state=RecommendationState.PROPOSED)
    with reading(engine) as connection:
        return list(list_recommendations(connection, chosen, now, after=None, most=10))


def test_sufficient_evidence_is_proposed_once_a_day(engine: Engine) -> None:
    assert propose_at(engine, NIGHT) == DailyProposals(2, 0, 1, 0, 0)
    first = list_open(engine, NIGHT)
    assert {(one.store, one.proposed_by) for one in first} == {
        ("S-00", PROPOSER), ("S-01", PROPOSER),
    }  # fmt: skip
    again = propose_at(engine, NIGHT + timedelta(hours=1))
    assert (again.proposed, again.left_out, again.expired) == (0, 2, 0)
    assert list_open(engine, NIGHT) == first


def test_the_next_day_replaces_what_nobody_decided_on(engine: Engine) -> None:
    propose_at(engine, NIGHT)
    first = {one.id for one in list_open(engine, NIGHT)}
    done = propose_at(engine, NIGHT + DAY)
    assert (done.proposed, done.left_out) == (2, 0)
    assert not first & {one.id for one in list_open(engine, NIGHT + DAY)}


def test_what_is_no_longer_recommended_and_what_is_over_expires(engine: Engine) -> None:
    propose_at(engine, NIGHT)
    with writing(engine) as connection:
        short = point_row("S-00", NIGHT + timedelta(hours=1), inventory=0)
        insert_points(connection, [short])
    done = propose_at(engine, NIGHT + DAY)
    assert (done.proposed, done.unchanged, done.expired) == (1, 1, 1)
    assert [one.store for one in list_open(engine, NIGHT + DAY)] == ["S-01"]
    with writing(engine) as connection:
        write_estimates(connection, [replace(SUPPORTED, store="S-01", evidence=Evidence.WEAK)])
    assert propose_at(engine, NIGHT + DAY + VALID_FOR).expired == 1


def test_a_price_that_somebody_works_on_is_left_out(engine: Engine) -> None:
    propose_at(engine, NIGHT)
    later = NIGHT + timedelta(hours=1)
    with writing(engine) as connection:
        for one in list_open(engine, NIGHT):
            if one.store == "S-00":
                decision = PriceDecision(
                    state=RecommendationState.ACCEPTED, starts_at=NIGHT + 9 * DAY
                )
                decide(
                    connection, one.id, decision, HardRuleCheck(later), by="Ann", now=later,
                    batch="b",
                )  # fmt: skip
        key = PriceKey(PRODUCT, "S-01")
        propose_recommended(connection, RuleSetReader(), [key], by="Ann", now=later)
    done = propose_at(engine, NIGHT + DAY)
    assert (done.proposed, done.left_out) == (0, 2)
    assert [one.proposed_by for one in list_open(engine, NIGHT + DAY)] == ["Ann"]
