"""Only prices that change and are expected to bring more are queued, with their evidence."""

import msgspec
from sqlalchemy import Engine

from cloud.app.context import AppContext
from cloud.app.retail.proposing import VALID_FOR, Proposed, propose_recommended
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.database import writing
from cloud.forecast.retail.estimates import DemandEstimate, Evidence, write_estimates
from cloud.sales.retail.prices import PriceKey
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.retail_points import PRODUCT, insert_points, point_row

KEYS = [PriceKey(PRODUCT, store) for store in ("S-00", "S-01", "S-02")]


def propose(engine: Engine, *, stock: int) -> Proposed:
    """S-00 has an estimate that asks for a lower price, S-01 has none, S-02 no price point."""
    estimate = DemandEstimate(
        product=PRODUCT, store="S-00", elasticity=-3.0, elasticity_low=-3.3, elasticity_high=-2.7,
        standard_error=0.1, baseline_units=70.0, baseline_price_minor=400, units_sd_log=0.3,
        stockpiling_share=None, evidence=Evidence.SUFFICIENT, model_version="test-1",
        as_of=FRIDAY_NOON.date(),
    )  # fmt: skip
    with writing(engine) as connection:
        points = [point_row(store, FRIDAY_NOON, inventory=stock) for store in ("S-00", "S-01")]
        insert_points(connection, points)
        write_estimates(connection, [estimate])
        return propose_recommended(connection, RuleSetReader(), KEYS, by="nightly", now=FRIDAY_NOON)


def test_a_price_that_changes_is_queued_with_its_evidence(context: AppContext) -> None:
    found = propose(context.engine, stock=500)
    [one] = found.recommendations
    assert (found.kept, found.unknown) == (1, 1)
    assert (one.store, one.valid_until) == ("S-00", FRIDAY_NOON + VALID_FOR)
    assert one.price_minor != one.current_minor
    assert one.margin_change_minor is not None
    assert one.margin_change_minor > 0
    assert msgspec.json.decode(one.evidence)["reasons"][0]["sentence"]


def test_a_lower_price_is_not_queued_where_the_stock_is_short(context: AppContext) -> None:
    found = propose(context.engine, stock=5)
    assert (list(found.recommendations), found.kept) == ([], 2)
