"""States, estimates and rules of the tests of retail prices; Hypothesis draws them from here."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cloud.forecast.retail.estimates import (
    DemandEstimate,
    EstimateArrays,
    Evidence,
    classify_evidence,
)
from cloud.pricing.retail.ladder import LadderTier
from cloud.pricing.retail.recommendation import Recommendations, recommend
from cloud.pricing.retail.row_view import Recommendation, describe_row
from cloud.pricing.retail.rules import Clearance, CompetitorBand, PriceRules, RuleValues
from cloud.pricing.retail.states import PriceStateRow, PriceStates

ON = date(2026, 11, 30)
ENDS_IN_NINE = (LadderTier(step=Decimal("0.1"), ending=Decimal("0.09")),)


def make_state(**values: Any) -> PriceStateRow:
    """Juice in a shop: 3.49 GBP, cost 2.00."""
    known = {
        "product": "juice-1", "store": "s-1", "category": "juice/orange", "region": "north",
        "currency": "GBP", "price_minor": 349, "cost_minor": 200,
    }  # fmt: skip
    return PriceStateRow(**{**known, **values})


def make_estimate(**values: Any) -> DemandEstimate:
    """Demand with the elasticity -2.5 (-2.9 to -2.1), 100 units a week at 3.49."""
    known = {
        "product": "juice-1", "store": "s-1", "elasticity": -2.5, "elasticity_low": -2.9,
        "elasticity_high": -2.1, "standard_error": 0.1, "baseline_units": 100.0,
        "baseline_price_minor": 349, "units_sd_log": 0.3, "stockpiling_share": None,
        "evidence": Evidence.SUFFICIENT, "model_version": "fe-1", "as_of": ON,
    }  # fmt: skip
    return DemandEstimate(**{**known, **values})


def make_rules(*, ladder: bool = False, **defaults: Any) -> PriceRules:
    """Rules with these defaults and no others."""
    return PriceRules(
        version="test-1",
        defaults=RuleValues(**defaults),
        ladders={"GBP": ENDS_IN_NINE} if ladder else {},
    )


def recommend_rows(
    states: list[PriceStateRow], estimates: list[DemandEstimate], rules: PriceRules
) -> Recommendations:
    """Recommendations of rows."""
    arrays = EstimateArrays.from_estimates(estimates)
    return recommend(PriceStates.from_rows(states), arrays, rules, ON)


def recommend_one(
    state: PriceStateRow, estimate: DemandEstimate | None, rules: PriceRules
) -> Recommendation:
    """The recommendation of one row."""
    return describe_row(recommend_rows([state], [estimate] if estimate else [], rules), 0)


def _share(most: int = 9_000) -> st.SearchStrategy[Decimal | None]:
    return st.none() | st.integers(0, most).map(lambda points: Decimal(points).scaleb(-4))


@st.composite
def draw_rules(draw: st.DrawFn) -> PriceRules:
    """Any rule set; ladders of two tiers for GBP and one for JPY."""
    least, most = sorted(draw(st.tuples(st.integers(5_000, 20_000), st.integers(5_000, 20_000))))
    band = CompetitorBand(least=Decimal(least).scaleb(-4), most=Decimal(most).scaleb(-4))
    clearance = Clearance(
        ends_on=draw(st.dates(date(2026, 11, 20), date(2027, 1, 31))),
        maximum_discount=draw(_share()) or Decimal("0.7"),
        below_cost=draw(st.booleans()),
    )
    step = draw(st.integers(1, 100))
    tiers = (
        LadderTier(
            below=Decimal(draw(st.integers(2, 50))), step=Decimal(step).scaleb(-2),
            ending=Decimal(draw(st.integers(0, step - 1))).scaleb(-2),
        ),
        LadderTier(step=Decimal(1), ending=Decimal("0.99")),
    )  # fmt: skip
    return PriceRules(
        version="drawn-1",
        defaults=RuleValues(
            minimum_margin=draw(_share()), maximum_discount=draw(_share()),
            maximum_move=draw(_share(5_000)), competitor_band=draw(st.sampled_from([None, band])),
            hold_days=draw(st.sampled_from([0, 14])),
            volume_weight=draw(_share()) or Decimal(0), use_ladder=draw(st.booleans()),
            clearance=draw(st.sampled_from([None, clearance])),
        ),
        ladders={"GBP": tiers, "JPY": (LadderTier(step=Decimal(10), ending=Decimal(8)),)},
    )  # fmt: skip


@st.composite
def draw_row(draw: st.DrawFn, product: str = "juice-1") -> tuple[PriceStateRow, DemandEstimate]:
    """Any state with an estimate of any evidence."""

    def maybe(least: int, most: int) -> int | None:
        return draw(st.none() | st.integers(least, most))

    state = make_state(
        product=product, currency=draw(st.sampled_from(["GBP", "JPY", "KWD"])),
        price_minor=draw(st.integers(1, 5_000)), cost_minor=draw(st.integers(0, 4_000)),
        list_price_minor=maybe(1, 6_000), stock=maybe(0, 2_000),
        competitor_price_minor=maybe(1, 6_000), map_minor=maybe(1, 5_000),
        legal_floor_minor=maybe(1, 5_000),
        days_since_change=draw(st.none() | st.floats(0, 60)),
    )  # fmt: skip
    elasticity = draw(st.floats(-6, -0.2))
    low, high = elasticity - draw(st.floats(0, 1.5)), elasticity + draw(st.floats(0, 1.5))
    error = draw(st.floats(0.01, 1.0))
    estimate = make_estimate(
        product=product, elasticity=elasticity, elasticity_low=low, elasticity_high=high,
        standard_error=error, baseline_units=draw(st.floats(0.1, 1_000)),
        baseline_price_minor=draw(st.integers(1, 5_000)),
        evidence=classify_evidence(elasticity, low, high, error),
    )  # fmt: skip
    return state, estimate
