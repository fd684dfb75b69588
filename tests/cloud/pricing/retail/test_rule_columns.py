"""Rule values as columns: each row has those of its product, store, category and region."""

from decimal import Decimal

import numpy as np

from cloud.pricing.retail.rule_columns import resolve_rules
from cloud.pricing.retail.rules import PriceRules, RuleOverride, RuleValues
from cloud.pricing.retail.states import PriceStates
from tests.cloud.pricing.retail.price_examples import ENDS_IN_NINE, ON, make_state


def test_rows_have_the_values_of_their_overrides_and_the_ladder_of_their_currency():
    rules = PriceRules(
        version="a",
        defaults=RuleValues(maximum_move=Decimal("0.15")),
        ladders={"GBP": ENDS_IN_NINE},
        overrides=(
            RuleOverride(store="s-2", maximum_move=Decimal("0.05")),
            RuleOverride(product="juice-9", use_ladder=False, maximum_move=None),
        ),
    )
    rows = [
        make_state(), make_state(store="s-2"), make_state(product="juice-9"),
        make_state(currency="EUR"),
    ]  # fmt: skip
    columns = resolve_rules(rules, PriceStates.from_rows(rows), ON)
    np.testing.assert_array_equal(columns.maximum_move_bp, [1500, 500, np.nan, 1500])
    assert columns.step_up(np.full(4, 351.0)).tolist() == [359, 359, 351, 351]
