"""A relaxation computed from a similar one equals the one computed from none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise import relaxation as room
from cloud.pricing.optimise.brief import Caps, Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.relaxation import solve_relaxation
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief, offer


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    share=st.floats(0.01, 0.5),
    objective=st.sampled_from([Objective.REACH, Objective.ATTENTIVE]),
    least=st.none() | st.floats(0.01, 0.6),
    near=st.integers(1, 40),
)
def test_few_slots_decided_again_are_enough_for_the_same_optimum(
    seed, share, objective, least, near
):
    sold = offer(np.random.default_rng(seed), locations=4, hours=12, days=3)
    reachable = sold.groups[YOUNG.name].people.sum() * share
    asked = build_linear_program(
        brief(
            max(1, sold.price_minor.sum() * share),
            objective=objective,
            caps=Caps(max_spots_per_screen=12),
            minimums=() if least is None else (Minimum(YOUNG, "reach", reachable * least),),
        ),
        sold,
    )
    whole = solve_relaxation(asked)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "LARGE", 10)
        patched.setattr(room, "NEAR", near)
        part = solve_relaxation(asked)
        again = None if whole is None else solve_relaxation(asked, near=whole)

    assert (whole is None) == (part is None)
    if whole is not None:
        assert part.bound == pytest.approx(whole.bound, rel=1e-4)
        assert again.bound == pytest.approx(whole.bound, rel=1e-4)
        assert part.bound >= asked.value(part.positions) * (1 - 1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), near=st.integers(1, 20))
def test_a_slot_far_from_being_chosen_is_released_when_its_price_requires(seed, near):
    sold = offer(np.random.default_rng(seed), locations=4, hours=12, days=3)
    total = sold.price_minor.sum()
    poor, rich = (build_linear_program(brief(total * share), sold) for share in (0.02, 0.5))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "LARGE", 10)
        patched.setattr(room, "NEAR", near)
        found = solve_relaxation(rich, near=solve_relaxation(poor))

    assert found.bound == pytest.approx(solve_relaxation(rich).bound, rel=1e-7)
