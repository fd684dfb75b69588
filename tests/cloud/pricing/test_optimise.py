"""Plans against every possible plan, limits that never break, what to ease when none will do."""

import math
from dataclasses import replace
from datetime import date, datetime
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise.audit import violations
from cloud.pricing.optimise.brief import (
    Brief,
    BriefError,
    Caps,
    Daypart,
    Group,
    Minimum,
    Objective,
)
from cloud.pricing.optimise.concave import chords, tangents
from cloud.pricing.optimise.limits import eased
from cloud.pricing.optimise.offer import Audience, Offer
from cloud.pricing.optimise.plan import Impossible, Plan
from cloud.pricing.optimise.search import optimise
from wire.audience import AgeGroup, Gender

YOUNG = Group(ages=frozenset({AgeGroup.FROM_18}))
MONDAY = date(2026, 11, 23)


def offer(rng, *, locations=2, hours=4, days=1, free=1):
    """Invented slots: `hours` of each of `days` at each of `locations`."""
    slots = locations * days * hours
    location = np.repeat(np.arange(locations), days * hours)
    day = np.tile(np.repeat(np.arange(days), hours), locations)
    contacts = np.round(rng.lognormal(2, 0.7, slots), 3)
    price_pence = np.maximum(1, np.round(contacts * rng.uniform(5, 20, slots))).astype(np.int64)
    young = contacts * rng.uniform(0.05, 0.5, slots)
    people = np.maximum(1.0, np.bincount(location, weights=contacts) * rng.uniform(0.2, 2))
    return Offer(
        key=np.array([f"{place}/{index}" for index, place in enumerate(location)]),
        names=tuple(f"L{place}" for place in range(locations)),
        location=location,
        day=day,
        price_pence=price_pence,
        free=np.full(slots, free, dtype=np.int64),
        target=Audience(contacts, people),
        low=contacts * 0.7,
        high=contacts * 1.4,
        groups={YOUNG.name: Audience(young, people * 0.3), "everybody": Audience(contacts, people)},
    )


def brief(budget_pence, **asked):
    fields = {
        "budget_pence": int(budget_pence),
        "currency": "GBP",
        "first_on": MONDAY,
        "until_on": date(2026, 11, 30),
    }
    return Brief(**(fields | asked))


def every_plan(asked, sold):
    """All plans that keep the brief: two to the power of the slots, so few slots please."""
    most = np.minimum(sold.free, asked.caps.shares_per_slot)
    for shares in product(*(range(top + 1) for top in most)):
        plan = np.array(shares)
        if not violations(asked, sold, plan):
            yield plan


def value(asked, sold, shares):
    contacts = sold.target.contacts * shares
    if asked.objective is Objective.REACH:
        return sold.target.reach(sold.by_location(contacts)).sum()
    if asked.objective is Objective.ROI:
        return (contacts.sum() * asked.value_pence - (sold.price_pence * shares).sum()) / 100
    return contacts.sum()


def bought(plan, sold):
    shares = np.zeros(len(sold), dtype=np.int64)
    for line in plan.lines:
        shares[list(sold.key).index(line.key)] = line.shares
    return shares


briefs = st.fixed_dictionaries(
    {
        "budget": st.floats(0.02, 1.2),
        "objective": st.sampled_from(Objective),
        "slots": st.none() | st.integers(1, 8),
        "per_location": st.none() | st.integers(1, 4),
        "per_day": st.none() | st.integers(1, 3),
        "spend": st.none() | st.floats(0.05, 0.8),
        "shares": st.integers(1, 2),
        "least": st.none() | st.floats(0.01, 0.9),
        "measure": st.sampled_from(["impressions", "reach"]),
    }
)


def drawn_brief(drawn, sold):
    total = int(sold.price_pence.sum())
    least = ()
    if drawn["least"] is not None:
        young = sold.groups[YOUNG.name]
        most = young.contacts.sum()
        if drawn["measure"] == "reach":
            most = young.reach(sold.by_location(young.contacts)).sum()
        least = (Minimum(YOUNG, drawn["measure"], float(most * drawn["least"])),)
    return brief(
        max(1, total * drawn["budget"]),
        objective=drawn["objective"],
        value_pence=25.0 if drawn["objective"] is Objective.ROI else None,
        minimums=least,
        caps=Caps(
            slots=drawn["slots"],
            slots_per_location=drawn["per_location"],
            slots_per_day=drawn["per_day"],
            spend_per_location_pence=drawn["spend"] and max(1, int(total * drawn["spend"])),
            shares_per_slot=drawn["shares"],
        ),
    )


@settings(max_examples=25, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_a_small_plan_is_the_best_of_all_plans(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=2, hours=3, free=1)
    asked = drawn_brief(drawn, sold)
    worths = [value(asked, sold, shares) for shares in every_plan(asked, sold)]
    try:
        found = optimise(asked, sold)
    except BriefError:
        assert asked.objective is Objective.ROI  # nothing there earns its price
        return
    if isinstance(found, Impossible):
        assert not worths
        return
    assert found.value == pytest.approx(value(asked, sold, bought(found, sold)))
    assert found.bound >= max(worths) - 1e-6
    assert found.value >= max(worths) * (1 - 1e-3) - 1e-6


@settings(max_examples=25, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_no_limit_is_ever_broken(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=6, hours=10, days=3, free=2)
    asked = drawn_brief(drawn, sold)
    try:
        found = optimise(asked, sold)
    except BriefError:
        return
    if isinstance(found, Plan):
        shares = bought(found, sold)
        assert violations(asked, sold, shares) == []
        assert found.cost_pence == (sold.price_pence * shares).sum() <= asked.budget_pence
        assert 0 <= found.value <= found.bound * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_what_is_said_to_help_helps(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=2, hours=3, free=1)
    asked = drawn_brief(drawn | {"least": 0.95, "objective": Objective.ATTENTIVE}, sold)
    found = optimise(asked, sold)
    if isinstance(found, Plan):
        return
    assert list(every_plan(asked, sold)) == []
    for easing in found.easings:
        changed = asked
        for change in easing.changes:
            changed = eased(changed, change.limit, change.to)
        if easing.proven:
            assert isinstance(optimise(changed, sold), Plan), easing


def test_the_same_question_gets_the_same_plan():
    sold = offer(np.random.default_rng(3), locations=8, hours=12, days=7)
    asked = brief(20_000, minimums=(Minimum(YOUNG, "impressions", 150),))
    assert optimise(asked, sold) == optimise(asked, sold)


@pytest.mark.parametrize("objective", [Objective.ATTENTIVE, Objective.REACH])
def test_the_gap_is_small(objective):
    sold = offer(np.random.default_rng(1), locations=12, hours=14, days=7)
    found = optimise(
        brief(
            sold.price_pence.sum() * 0.05,
            objective=objective,
            caps=Caps(slots_per_location=20, slots_per_day=5),
        ),
        sold,
    )
    assert found.gap <= 0.005
    assert found.value > 0


def test_a_budget_too_small_for_any_slot_buys_nothing():
    sold = offer(np.random.default_rng(1))
    found = optimise(brief(1), replace(sold, price_pence=sold.price_pence + 10))
    assert found.lines == ()
    assert found.cost_pence == 0
    assert found.impressions.p90 == 0


def test_reach_spreads_where_impressions_pile_up():
    # one place with many cheap contacts of few people, one dear with many people
    sold = Offer(
        key=np.array(["a1", "a2", "a3", "b1", "b2", "b3"]),
        names=("A", "B"),
        location=np.array([0, 0, 0, 1, 1, 1]),
        day=np.zeros(6, dtype=np.int64),
        price_pence=np.full(6, 100),
        free=np.ones(6, dtype=np.int64),
        target=Audience(np.array([100.0, 100, 100, 60, 60, 60]), np.array([50.0, 1000])),
        low=np.zeros(6),
        high=np.full(6, 120.0),
        groups={},
    )
    piled = optimise(brief(300), sold)
    spread = optimise(brief(300, objective=Objective.REACH), sold)
    assert {line.location for line in piled.lines} == {"A"}
    assert [line.location for line in spread.lines] == ["B", "B", "B"]
    assert spread.reach.p50 > piled.reach.p50
    assert spread.reach.p10 < spread.reach.p50 < spread.reach.p90


def test_return_leaves_out_what_does_not_earn_its_price():
    sold = offer(np.random.default_rng(5), locations=3, hours=8)
    worth = sold.target.contacts * 12 / sold.price_pence
    found = optimise(
        brief(10**6, objective=Objective.ROI, value_pence=12.0, least_return=0.2), sold
    )
    assert {line.key for line in found.lines} == set(sold.key[worth >= 1.2].tolist())
    with pytest.raises(BriefError, match="value impressions higher"):
        optimise(brief(10**6, objective=Objective.ROI, value_pence=0.01), sold)


def test_the_price_of_a_limit_is_what_one_more_brings():
    sold = offer(np.random.default_rng(2), locations=6, hours=12, days=7)
    budget = int(sold.price_pence.sum() * 0.2)
    found = optimise(brief(budget), sold)
    (price,) = found.shadow_prices
    more = optimise(brief(budget + 100), sold)
    assert more.bound - found.bound == pytest.approx(price.worth, rel=0.05)
    assert price.sentence.startswith("GBP 1 more buys ")
    assert price.sentence.endswith(" attentive impressions")


def test_a_minimum_costs_what_it_takes_from_the_rest():
    sold = offer(np.random.default_rng(2), locations=6, hours=12, days=7)
    plain = optimise(brief(20_000), sold)
    young = sold.groups[YOUNG.name].contacts @ bought(plain, sold)
    asked = brief(20_000, minimums=(Minimum(YOUNG, "impressions", float(young * 1.2)),))
    found = optimise(asked, sold)
    assert found.minimums[0].brings >= young * 1.2 * (1 - 1e-9)
    assert found.value < plain.value
    sentences = [price.sentence for price in found.shadow_prices]
    assert any(line.startswith("the minimum of 18-24: each impression") for line in sentences)


def test_an_impossible_minimum_says_how_much_is_possible_and_what_it_would_cost():
    sold = offer(np.random.default_rng(4), locations=6, hours=12, days=7)
    cheap = brief(5_000)
    young = sold.groups[YOUNG.name].contacts
    asked = replace(cheap, minimums=(Minimum(YOUNG, "impressions", float(young.sum() * 0.5)),))
    found = optimise(asked, sold)
    assert isinstance(found, Impossible)
    by_kind = {easing.changes[0].limit.kind: easing for easing in found.easings}
    assert set(by_kind) == {"budget", "minimum"}
    assert by_kind["budget"].sentence.startswith("raise the budget from GBP 50.00 to GBP ")
    assert by_kind["minimum"].sentence.startswith("lower the minimum of 18-24 from ")
    assert isinstance(
        optimise(eased(asked, *_change(by_kind["budget"])), sold),
        Plan,
    )
    assert isinstance(
        optimise(eased(asked, *_change(by_kind["minimum"])), sold),
        Plan,
    )


def _change(easing):
    (change,) = easing.changes
    return change.limit, change.to


def test_when_one_change_is_not_enough_all_are_given():
    sold = offer(np.random.default_rng(4), locations=4, hours=6)
    young = sold.groups[YOUNG.name].contacts
    asked = brief(
        100,
        caps=Caps(slots=2),
        minimums=(Minimum(YOUNG, "impressions", float(young.sum() * 0.6)),),
    )
    found = optimise(asked, sold)
    kinds = [{change.limit.kind for change in easing.changes} for easing in found.easings]
    assert {"budget"} not in kinds
    assert {"slots"} not in kinds
    assert all("minimum" in kind or kind >= {"budget", "slots"} for kind in kinds)


def test_more_than_there_is_cannot_be_bought_with_money():
    sold = offer(np.random.default_rng(4))
    total = float(sold.groups[YOUNG.name].contacts.sum())
    found = optimise(brief(10**6, minimums=(Minimum(YOUNG, "impressions", total * 2),)), sold)
    (easing,) = found.easings
    assert easing.changes[0].limit.kind == "minimum"
    assert easing.changes[0].to == math.floor(total)


@given(st.lists(st.floats(0.001, 20), min_size=1, max_size=12), st.floats(0, 30))
def test_tangents_lie_above_the_curve_and_chords_below(points, at):
    grid = np.array([[0.0, *points]])
    curve = -math.expm1(-at)
    for lines, sign in ((tangents(grid), 1), (chords(grid), -1)):
        drawn = (lines.slopes * at + lines.heights).min()
        assert sign * (drawn - curve) >= -1e-12


def test_dayparts_go_by_the_local_clock_and_over_midnight():
    night = Daypart(22, 2, frozenset({4}))
    assert night.holds(datetime(2026, 11, 27, 23))  # noqa: DTZ001 - a local clock's hour
    assert night.holds(datetime(2026, 11, 27, 1))  # noqa: DTZ001
    assert not night.holds(datetime(2026, 11, 27, 2))  # noqa: DTZ001
    assert not night.holds(datetime(2026, 11, 28, 1))  # noqa: DTZ001


def test_a_brief_covers_its_days_half_open():
    asked = brief(1000, dayparts=(Daypart(7, 9), Daypart(17, 19)))
    assert asked.covers(datetime(2026, 11, 23, 8))  # noqa: DTZ001
    assert not asked.covers(datetime(2026, 11, 23, 9))  # noqa: DTZ001
    assert not asked.covers(datetime(2026, 11, 30, 8))  # noqa: DTZ001


def test_groups_hold_people_by_age_and_gender():
    women = Group(ages=frozenset({AgeGroup.FROM_25}), genders=frozenset({Gender.FEMALE}))
    assert women.holds("25-34", "female")
    assert not women.holds("25-34", "male")
    assert not women.holds("unknown", "female")
    assert Group().holds("unknown", "unknown")
    assert women.name == "25-34, female"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"budget_pence": 0}, "a budget of 0 pence"),
        ({"budget_pence": -5}, "a budget of -5 pence"),
        ({"budget_pence": 10**13}, "a budget of"),
        ({"until_on": MONDAY}, "is 0 days"),
        ({"until_on": date(2027, 11, 23)}, "is 365 days"),
        ({"first_on": date(2026, 12, 1)}, "is -1 days"),
        ({"dayparts": (Daypart(7, 9),) * 21}, "21 dayparts"),
        ({"locations": frozenset(map(str, range(1001)))}, "1001 locations"),
        ({"objective": Objective.ROI}, "worth None pence each"),
        ({"objective": Objective.ROI, "value_pence": math.nan}, "worth nan pence each"),
        ({"least_return": math.nan}, "a least return of nan"),
        ({"least_return": 0.2}, "needs the objective 'roi'"),
    ],
)
def test_senseless_briefs_are_refused(wrong, sentence):
    with pytest.raises(BriefError, match=sentence):
        brief(**{"budget_pence": 1000, **wrong})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Minimum(YOUNG, "reach", math.nan), "a minimum of nan"),
        (lambda: Minimum(YOUNG, "reach", 0), "a minimum of 0"),
        (lambda: Minimum(YOUNG, "reach", math.inf), "a minimum of inf"),
        (lambda: Caps(slots=0), "the cap slots of 0"),
        (lambda: Caps(shares_per_slot=-1), "the cap shares_per_slot of -1"),
        (lambda: Daypart(24, 24), "wanted hours from 0 to 24"),
        (lambda: Daypart(7, 9, frozenset({7})), "wanted some of 0"),
        (lambda: Daypart(7, 9, frozenset()), "wanted some of 0"),
        (lambda: Group(genders=frozenset({Gender.UNKNOWN})), "leave the age or gender out"),
    ],
)
def test_senseless_parts_are_refused(make, sentence):
    with pytest.raises(BriefError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("price_pence", np.array([1, 1, 0, 1])),
        ("low", np.array([1, 1, np.nan, 1])),
        ("high", np.array([1, 1, -1.0, 1])),
        ("free", np.array([1, 1, 1])),
    ],
)
def test_offers_with_holes_are_refused(column, values):
    sold = offer(np.random.default_rng(1), locations=1)
    with pytest.raises(BriefError, match="offer"):
        replace(sold, **{column: values})


def test_an_empty_offer_says_so():
    sold = offer(np.random.default_rng(1))
    with pytest.raises(BriefError, match="0 slots answer the brief"):
        sold.kept(np.zeros(len(sold), dtype=bool))


def test_a_minimum_of_people_nobody_counts_is_refused():
    old = Group(ages=frozenset({AgeGroup.FROM_55}))
    with pytest.raises(BriefError, match="leave that minimum out"):
        optimise(brief(1000, minimums=(Minimum(old, "reach", 5),)), offer(np.random.default_rng(1)))
