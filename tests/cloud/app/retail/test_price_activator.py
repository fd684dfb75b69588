"""Scheduled prices are activated, or blocked when a rule refuses them by then; the rest goes on."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError

from cloud.app.retail import price_activator
from cloud.app.retail.price_activator import PriceActivator
from cloud.database import reading, writing
from cloud.sales.retail.decisions import propose
from cloud.sales.retail.price_steps import NewPrice, approve_prices
from cloud.sales.retail.prices import PriceKey, PriceSource, PriceState, find_price
from cloud.sales.retail.recommendation_store import RecommendationState, find_recommendation
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.retail_points import PRODUCT, insert_points, point_row
from tests.cloud.sales.retail.retail_rows import new_recommendation

HOUR = timedelta(hours=1)


def test_what_is_due_is_activated_or_blocked_and_what_is_late_expires(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    clock = ManualClock()
    with open_app_context(tmp_path, clock) as context:
        with writing(context.engine) as connection:
            points = [
                point_row(store, FRIDAY_NOON - HOUR, cost_minor=cost)
                for store, cost in (("S-01", 250), ("S-02", 390))
            ]
            insert_points(connection, points)
            new = [
                NewPrice(key=PriceKey(PRODUCT, store), price_minor=380, currency="GBP",
                         starts_at=FRIDAY_NOON + HOUR, source=PriceSource.CHANGE)
                for store in ("S-01", "S-02")
            ]  # fmt: skip
            prices = approve_prices(connection, new, by="ann", now=FRIDAY_NOON, batch="b")
            late = new_recommendation(
                store="S-09", proposed_at=FRIDAY_NOON, valid_until=FRIDAY_NOON + HOUR
            )
            propose(connection, [late], by="nightly", now=FRIDAY_NOON)
        activator = PriceActivator(lambda: context)
        activator.activate_once()
        clock.now = FRIDAY_NOON + HOUR
        activator.activate_once()
        with reading(context.engine) as connection:
            states = [find_price(connection, one.id).state for one in prices]
            assert states == [PriceState.ACTIVE, PriceState.BLOCKED]
            found = find_recommendation(connection, late.id)
            assert found.state is RecommendationState.EXPIRED

        def fail(*_: object) -> None:
            raise OperationalError("", {}, Exception("locked"))

        monkeypatch.setattr(price_activator, "activate_due", fail)
        activator.activate_once()
        assert "retail.not_activated" in caplog.messages
