"""The prices beside the recommended one."""

from decimal import Decimal

import pytest

from cloud.pricing.retail.rules import Rule
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
)


def test_alternatives_say_what_they_bring_and_what_they_break():
    rules = make_rules(ladder=True, maximum_move=Decimal("0.05"))
    found = recommend_one(make_state(price_minor=459), make_estimate(), rules)
    prices = {str(one.kind): (one.price_minor, one.breaks) for one in found.alternatives}
    assert found.price_minor == 439
    assert prices == {
        "keep": (459, ()), "cheaper": (429, (Rule.MAXIMUM_MOVE,)), "dearer": (449, ()),
        "unconstrained": (333, (Rule.MAXIMUM_MOVE,)),
    }  # fmt: skip
    kept = found.alternatives[0].expected
    assert kept.units.value == pytest.approx(100 * (459 / 349) ** -2.5)
    assert kept.units.low < kept.units.value < kept.units.high
