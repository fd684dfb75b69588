"""Recommended prices: examples with known answers, and what holds for every input."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.forecast.retail.estimates import Evidence
from cloud.pricing.retail.alternatives import AlternativeKind
from cloud.pricing.retail.recommendation import OUTCOMES, Outcome
from cloud.pricing.retail.row_view import Recommendation
from cloud.pricing.retail.rules import Clearance, CompetitorBand, PriceRules, Rule, RuleSubject
from cloud.pricing.retail.states import PriceStateRow
from tests.cloud.pricing.retail.price_examples import (
    ON,
    draw_row,
    draw_rules,
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
    recommend_rows,
)

FAST = settings(max_examples=40, deadline=None)


def test_without_rules_the_price_is_the_cost_times_the_markup():
    found = recommend_one(make_state(), make_estimate(), make_rules())
    assert found.price_minor == 333  # 200 * 2.5 / 1.5
    assert (found.low_minor, found.high_minor) == (305, 382)  # of -2.9 and -2.1
    assert found.outcome is Outcome.RECOMMENDED
    assert found.binding == ()


@pytest.mark.parametrize(
    ("weight", "price"), [("0", 333), ("0.5", 201), ("0.2", 267)], ids=["margin", "half", "fifth"]
)
def test_a_volume_weight_lowers_the_cost_in_the_objective_but_never_the_cost_rule(weight, price):
    rules = make_rules(volume_weight=Decimal(weight))
    assert recommend_one(make_state(), make_estimate(), rules).price_minor == price


def test_contradictory_rules_keep_the_price_and_name_the_conflict():
    state = make_state(cost_minor=340)
    rules = make_rules(minimum_margin=Decimal("0.3"), maximum_move=Decimal("0.15"))
    found = recommend_one(state, make_estimate(), rules)
    assert (found.outcome, found.price_minor) == (Outcome.NO_ALLOWED_PRICE, 349)
    assert [(one.rule, one.least_minor, one.most_minor) for one in found.conflicts] == [
        (Rule.MINIMUM_MARGIN, 486, None),
        (Rule.MAXIMUM_MOVE, 297, 401),
    ]
    assert "minimum_margin needs at least 4.86 GBP, maximum_move allows at most 4.01 GBP" in (
        found.reasons[-1].sentence
    )


def test_a_competitor_band_that_the_limits_exclude_gives_way():
    state = make_state(competitor_price_minor=150)
    rules = make_rules(competitor_band=CompetitorBand(most=Decimal("1.1")))
    found = recommend_one(state, make_estimate(), rules)
    assert found.price_minor == 333 or found.price_minor == 201
    assert found.reasons[-1].code == "band_yields"


@pytest.mark.parametrize(
    ("estimate", "code"),
    [
        (None, "no_estimate"),
        (make_estimate(evidence=Evidence.INSUFFICIENT), "insufficient_evidence"),
    ],
)
def test_without_evidence_the_price_stays_and_the_answer_says_so(estimate, code):
    found = recommend_one(make_state(), estimate, make_rules(ladder=True))
    assert (found.outcome, found.price_minor, found.confidence) == (Outcome.KEPT, 349, None)
    assert found.reasons[0].code == code
    assert (found.expected is None) == (estimate is None)


def test_a_price_below_the_cost_is_raised_even_without_evidence():
    found = recommend_one(make_state(cost_minor=400), None, make_rules(ladder=True))
    assert (found.outcome, found.price_minor) == (Outcome.RECOMMENDED, 409)
    assert [one.code for one in found.reasons] == [
        "no_estimate", "breaks_hard_rule", "cost", "ladder",
    ]  # fmt: skip


def test_weak_evidence_moves_the_price_as_far_as_the_whole_range_supports():
    weak = make_estimate(evidence=Evidence.WEAK)  # 305 to 382: their directions differ from 349
    assert recommend_one(make_state(), weak, make_rules()).price_minor == 349
    assert recommend_one(make_state(price_minor=400), weak, make_rules()).price_minor == 381


def test_an_elasticity_near_one_does_not_explode():
    near = make_estimate(elasticity=-1.01, elasticity_low=-1.02, elasticity_high=-1.0)
    assert recommend_one(make_state(), near, make_rules()).price_minor == 4200  # 200 * 1.05 / 0.05


def test_a_clearance_lowers_the_price_until_the_stock_sells_in_time():
    ends_on = ON + timedelta(days=13)
    rules = make_rules(
        minimum_margin=Decimal("0.5"), maximum_move=Decimal("0.01"),
        clearance=Clearance(ends_on=ends_on),
    )  # fmt: skip
    found = recommend_one(make_state(stock=400), make_estimate(), rules)
    assert found.price_minor == 264  # 349 * 2 ** (-1 / 2.5): twice the units in two weeks
    assert found.expected.units.value == pytest.approx(200, rel=0.01)
    assert [one.rule for one in found.binding] == [Rule.CLEARANCE]
    lossy = recommend_one(make_state(stock=4000), make_estimate(), rules)
    assert lossy.price_minor == 201


@pytest.mark.parametrize(
    ("days", "stock", "code"),
    [(-1, 400, "clearance_ended"), (13, None, "clearance_needs_stock")],
)
def test_a_clearance_needs_an_end_to_come_and_a_stock(days, stock, code):
    rules = make_rules(clearance=Clearance(ends_on=ON + timedelta(days=days)))
    found = recommend_one(make_state(stock=stock), make_estimate(), rules)
    assert found.price_minor == 333
    assert code in [one.code for one in found.reasons]


def test_a_recent_change_holds_the_price():
    held = recommend_one(
        make_state(days_since_change=2.0), make_estimate(), make_rules(hold_days=7)
    )
    assert (held.price_minor, held.binding[0].rule, held.confidence) == (349, Rule.HOLD, None)
    assert held.binding[0].found_minor == 333


def break_hard_or_limit(state: PriceStateRow, rules: PriceRules, price: int) -> list[Rule]:
    """The hard rules and limits that a price breaks, computed with exact fractions."""
    values = rules.values_for(RuleSubject(state.product, state.store, state.category, state.region))
    found = []
    if price < (state.legal_floor_minor or 0):
        found.append(Rule.LEGAL_FLOOR)
    if price < (state.map_minor or 0):
        found.append(Rule.MAP)
    if price <= state.cost_minor:
        found.append(Rule.COST)
    margin, most, move = values.minimum_margin, values.maximum_discount, values.maximum_move
    if margin is not None and Fraction(price - state.cost_minor, price) < Fraction(margin):
        found.append(Rule.MINIMUM_MARGIN)
    full = state.list_price_minor
    if most is not None and full and price < full * (1 - Fraction(most)):
        found.append(Rule.MAXIMUM_DISCOUNT)
    if move is not None and abs(price - state.price_minor) > state.price_minor * Fraction(move):
        found.append(Rule.MAXIMUM_MOVE)
    return found


@FAST
@given(draw_row(), draw_rules())
def test_no_recommendation_breaks_a_hard_rule_or_a_limit(row, rules):
    state, estimate = row
    found = recommend_one(state, estimate, rules)
    broken = break_hard_or_limit(state, rules, found.price_minor)
    clearance = rules.defaults.clearance
    if found.outcome is Outcome.RECOMMENDED and clearance is None:
        assert broken == []
    if found.outcome is not Outcome.NO_ALLOWED_PRICE:
        may_lose = clearance is not None and clearance.below_cost
        assert not {Rule.LEGAL_FLOOR, Rule.MAP, *(() if may_lose else (Rule.COST,))} & set(broken)
    else:
        assert found.price_minor == state.price_minor
        assert len(found.conflicts) >= 2
    if found.expected is not None and state.stock is not None:
        assert found.expected.units.high <= state.stock
    if found.confidence is not None:
        assert 0 <= found.confidence <= 1
        assert found.low_minor <= found.price_minor <= found.high_minor


@FAST
@given(draw_row(), draw_rules(), st.integers(0, 500))
def test_a_higher_cost_never_lowers_an_allowed_price(row, rules, more):
    state, estimate = row
    dearer = replace(state, cost_minor=state.cost_minor + more)
    found = recommend_rows([state, dearer], [estimate], rules)
    refused = OUTCOMES.index(Outcome.NO_ALLOWED_PRICE)
    if not (found.outcome == refused).any():
        assert found.price_minor[1] >= found.price_minor[0]


def is_forced(state: PriceStateRow, found: Recommendation) -> bool:
    """Whether the current price breaks a rule, or a clearance needs a lower one."""
    keep = next(one for one in found.alternatives if one.kind is AlternativeKind.KEEP)
    return bool(keep.breaks) or Rule.CLEARANCE in [one.rule for one in found.binding]


@settings(max_examples=40, deadline=None)
@given(draw_row(), draw_rules(), st.one_of(st.none(), st.integers(0, 60)))
def test_a_price_changes_for_more_margin_or_because_a_rule_forces_it(row, rules, stock):
    state, estimate = replace(row[0], stock=stock), row[1]
    margin_rules = msgspec.structs.replace(
        rules, defaults=msgspec.structs.replace(rules.defaults, volume_weight=Decimal(0))
    )
    found = recommend_one(state, estimate, margin_rules)
    if found.outcome is Outcome.RECOMMENDED and found.expected is not None:
        keep = next(one for one in found.alternatives if one.kind is AlternativeKind.KEEP)
        gain = found.expected.margin_minor.value - keep.expected.margin_minor.value
        assert gain > 0 or is_forced(state, found)
        assert (gain <= -0.5) == ("less_margin" in [one.code for one in found.reasons])


@pytest.mark.parametrize(("stock", "price"), [(5, 349), (104, 344), (500, 333)])
def test_a_cut_ends_where_the_stock_sells(stock, price):
    found = recommend_one(make_state(stock=stock), make_estimate(), make_rules())
    assert found.price_minor == price
    codes = [one.code for one in found.reasons]
    assert ("stock_limits_cut" in codes) == (price != 333)
    assert "current_is_best" not in codes


def test_a_short_stock_does_not_change_the_target_of_a_rise():
    found = recommend_one(make_state(price_minor=300, stock=5), make_estimate(), make_rules())
    assert found.price_minor == 334  # 333.33 rounded to the one that brings more for 5 units


def test_without_stock_nothing_is_gained_by_a_change():
    found = recommend_one(make_state(price_minor=300, stock=0), make_estimate(), make_rules())
    assert (found.outcome, found.price_minor) == (Outcome.KEPT, 300)


@pytest.mark.parametrize(
    ("state", "rules", "why"),
    [
        (
            make_state(competitor_price_minor=250),
            make_rules(competitor_band=CompetitorBand(most=Decimal("1.1"))),
            "breaks competitor_band",
        ),
        (
            make_state(stock=400),
            make_rules(clearance=Clearance(ends_on=ON + timedelta(days=13))),
            "does not sell the stock of the clearance in time",
        ),
        (make_state(), make_rules(volume_weight=Decimal("0.5")), "the volume weight of the rules"),
    ],
)
def test_a_price_that_brings_less_says_what_forces_it(state, rules, why):
    found = recommend_one(state, make_estimate(), rules)
    [sentence] = [one.sentence for one in found.reasons if one.code == "less_margin"]
    assert why in sentence


def test_the_ladder_does_not_take_a_price_to_a_worse_one():
    state = make_state(price_minor=335)
    found = recommend_one(state, make_estimate(), make_rules(ladder=True))
    assert (found.outcome, found.price_minor, found.binding) == (Outcome.KEPT, 335, ())
    assert "current_is_best" in [one.code for one in found.reasons]


def test_a_rule_that_keeps_the_price_is_still_named():
    found = recommend_one(make_state(map_minor=349), make_estimate(), make_rules())
    assert (found.outcome, [one.rule for one in found.binding]) == (Outcome.KEPT, [Rule.MAP])


@settings(max_examples=8, deadline=None)
@given(
    st.integers(2, 6).flatmap(
        lambda count: st.tuples(*(draw_row(f"juice-{one}") for one in range(count)))
    ),
    draw_rules(),
)
def test_a_batch_equals_its_rows_one_by_one(rows, rules):
    states, estimates = [list(column) for column in zip(*rows, strict=True)]
    together = recommend_rows(states, estimates[::-1], rules)
    alone = [recommend_rows([state], estimates, rules) for state in states]
    assert together.price_minor.tolist() == [one.price_minor[0] for one in alone]
    confidences = np.array([one.confidence[0] for one in alone])
    np.testing.assert_array_equal(together.confidence, confidences)
