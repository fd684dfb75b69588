"""The outcome of a search as the API writes it: a plan with its bound, or relaxations."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from cloud.app.site_selection import OmittedLocation
from cloud.forecast.intervals.interval import Interval
from cloud.planning.plan_offers import PlanOffer
from cloud.planning.plan_response import InfeasibleResponse, PlanResponse, plan_response
from cloud.pricing.optimise.brief import AudienceGroup, Brief, Minimum
from cloud.pricing.optimise.limits import Limit, list_limits
from cloud.pricing.optimise.offer import GroupAudience, Offer
from cloud.pricing.optimise.plan import (
    BindingLimit,
    Infeasible,
    LimitChange,
    MediaPlan,
    MinimumResult,
    PlanLine,
    Relaxation,
    ShadowPrice,
)
from wire.audience import AgeGroup

YOUNG = Minimum(AudienceGroup(frozenset({AgeGroup.FROM_18})), "reach", 5.0)
BRIEF = Brief(
    budget_minor=250_000,
    currency="GBP",
    first_on=date(2026, 11, 23),
    until_on=date(2026, 11, 24),
    minimums=(YOUNG,),
)
SEEN = Interval(6.1, 12.34567, 30.0)
BUDGET, MINIMUM = list_limits(BRIEF)
PLAN = MediaPlan(
    lines=(PlanLine("KX-01/2026-11-23T08:00:00+00:00", "KX-01", 2, 4550, SEEN),),
    cost_minor=4550,
    impressions=Interval(10.04, 12.25, 15.06),
    reach=Interval(0.0, 8.04, 9.0),
    value=12.34567,
    unit="attentive impressions",
    bound=13.0,
    gap=0.05,
    minimums=(MinimumResult(YOUNG, 6.5),),
    shadow_prices=(ShadowPrice(BUDGET, "", 53.2, "GBP 1 more buys 53.2"),),
    unspent_minor=245_450,
    limited_by=(BindingLimit("budget", 4, "the budget is spent"),),
)
LEFT_OUT = OmittedLocation(location="LB-01", reason="no forecast")


def offer(slots: int) -> PlanOffer:
    whole, figures = np.zeros(slots, dtype=np.int64), np.ones(slots)
    everybody = GroupAudience(figures, np.ones(1))
    on_sale = Offer(
        key=np.array([f"KX-01/{at}" for at in range(slots)]), names=("KX-01",), location=whole,
        day=whole, price_minor=whole + 1, free=whole + 1, target=everybody, low=figures,
        high=figures, groups={"everybody": everybody},
    )  # fmt: skip
    return PlanOffer(on_sale, (), (), (LEFT_OUT,))


def respond(outcome: MediaPlan | Infeasible, brief: Brief = BRIEF) -> Any:
    return plan_response(outcome, brief, offer(3))


def test_a_plan_is_written_with_its_amounts_in_the_currency():
    found = respond(PLAN)

    assert isinstance(found, PlanResponse)
    assert (found.possible, found.finished, found.currency) == (True, True, "GBP")
    assert (found.cost, found.unspent) == (Decimal("45.50"), Decimal("2454.50"))
    assert (found.value, found.bound, found.gap) == (12.34567, 13.0, 0.05)
    assert (found.slots_considered, found.left_out) == (3, [LEFT_OUT])
    assert found.model_dump(mode="json")["cost"] == "45.50"


def test_yen_have_no_decimals():
    found = respond(PLAN, replace(BRIEF, currency="JPY"))
    assert str(found.cost) == "4550"


def test_ranges_have_one_decimal_and_the_frequency_three():
    found = respond(PLAN)

    assert found.impressions.model_dump() == {"p10": 10.0, "p50": 12.2, "p90": 15.1}
    assert found.reach.model_dump() == {"p10": 0.0, "p50": 8.0, "p90": 9.0}
    assert found.frequency == 1.524  # 12.25 / 8.04
    assert respond(replace(PLAN, reach=Interval(0, 0, 0))).frequency == 0


def test_a_line_names_its_slot_without_the_location():
    [line] = respond(PLAN).lines

    assert line.model_dump() == {
        "location": "KX-01", "time_slot": "2026-11-23T08:00:00+00:00", "positions": 2,
        "cost": Decimal("45.50"), "impressions": 12.346,
        "impressions_range": {"p10": 6.1, "p50": 12.346, "p90": 30.0},
    }  # fmt: skip


def test_limits_and_minimums_have_the_words_of_the_search():
    found = respond(PLAN)

    assert [one.model_dump() for one in found.minimums] == [
        {"group": "18-24", "measure": "reach", "min": 5.0, "achieved": 6.5}
    ]
    assert [one.model_dump() for one in found.limited_by] == [
        {"limit": "budget", "slots": 4, "sentence": "the budget is spent"}
    ]
    assert [one.model_dump() for one in found.shadow_prices] == [
        {"limit": "budget", "about": "", "worth": 53.2, "sentence": "GBP 1 more buys 53.2"}
    ]


def test_a_search_that_was_ended_is_not_finished():
    assert respond(replace(PLAN, finished=False)).finished is False


def test_an_impossible_brief_is_answered_with_its_relaxations():
    changes = (LimitChange(BUDGET, 3000.0), LimitChange(MINIMUM, 0.0))
    impossible = Infeasible("no plan reaches 5", (Relaxation(changes, True, "raise the budget"),))
    found = respond(impossible)

    assert isinstance(found, InfeasibleResponse)
    assert (found.possible, found.sentence) == (False, "no plan reaches 5")
    assert (found.slots_considered, found.left_out) == (3, [LEFT_OUT])
    [relaxation] = found.relaxations
    assert (relaxation.sentence, relaxation.proven) == ("raise the budget", True)
    first, second = relaxation.changes
    assert first.model_dump() == {
        "limit": "budget", "name": "the budget", "asked": 2500.0, "to": 3000.0, "unit": "GBP",
    }  # fmt: skip
    assert (second.limit, second.asked, second.to) == ("minimum", 5.0, 0.0)


@pytest.mark.parametrize("limit", [BUDGET, MINIMUM], ids=["budget", "minimum"])
def test_every_relaxation_is_listed_in_its_order(limit: Limit):
    one, other = (Relaxation((LimitChange(limit, to),), False, f"to {to:g}") for to in (7, 9))
    found = respond(Infeasible("no plan", (one, other)))

    assert [each.sentence for each in found.relaxations] == ["to 7", "to 9"]
    assert [each.changes[0].to for each in found.relaxations] == [7, 9]
