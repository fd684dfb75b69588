"""Weeks of the lake become a panel over the SKUs of a product; a short week is scaled or left."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from cloud.forecast.retail.panel import number_week
from cloud.forecast.retail.weekly_history import build_sales_panel, read_sales_panel
from cloud.lake.curated.retail import RETAIL_WEEKLY
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY
from cloud.lake.writer import append
from tests.cloud.databases import new_engine

MONDAY = date(2026, 1, 5)
NOW = datetime(2026, 2, 1, 3, tzinfo=UTC)


def week(**fields):
    plain = {
        "product": "p-1", "sku": "a", "store": "s-1", "week_on": MONDAY, "region": "north",
        "category": "juice", "currency": "EUR", "observed_days": 7, "points": 7,
        "outlier_points": 0, "units": 70, "revenue_minor": 14_000, "price_minor": 200,
        "list_price_minor": 200, "cost_minor": 120, "competitor_price_minor": 210, "deal_days": 0,
        "feature_days": 0, "holiday_days": 0, "stockout_days": 0, "inventory_end": 5,
        "received_at": NOW,
    }  # fmt: skip
    row = plain | fields
    return row | {DAY: row["week_on"]}


def table(*rows):
    schema = RETAIL_WEEKLY.schema.append(pa.field(DAY, pa.date32()))
    return pa.Table.from_pylist(list(rows), schema)


def test_skus_are_summed_and_unknown_prices_stay_unknown():
    panel = build_sales_panel(
        table(
            week(),
            week(sku="b", units=30, revenue_minor=3_000, price_minor=100, cost_minor=None,
                 competitor_price_minor=None),
            week(store="s-2", units=0, revenue_minor=0, deal_days=7, stockout_days=2,
                 competitor_price_minor=None),
        )
    )  # fmt: skip
    assert (panel.products, panel.stores, panel.categories) == (
        ("p-1",),
        ("s-1", "s-2"),
        ("juice",),
    )
    assert panel.units.tolist() == [100, 0]
    assert panel.price_minor.tolist() == [170, 200]
    assert panel.cost_minor.tolist() == [120, 120]
    assert panel.competitor_price_minor[0] == 210
    assert np.isnan(panel.competitor_price_minor[1])
    assert panel.deal.tolist() == [0, 1]
    assert panel.is_censored.tolist() == [False, True]
    assert panel.week.tolist() == [number_week(MONDAY)] * 2


def test_a_week_of_few_days_is_left_out_and_another_is_scaled():
    short = week(store="s-2", observed_days=3)
    panel = build_sales_panel(table(week(observed_days=5, units=50, deal_days=5), short))
    assert panel.stores == ("s-1",)
    assert panel.units[0] == pytest.approx(70)
    assert panel.deal[0] == 1


def test_only_weeks_that_have_ended_are_read(tmp_path):
    engine = new_engine(tmp_path)
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    assert len(read_sales_panel(lake, date(2026, 1, 20))) == 0
    append(lake, RETAIL_WEEKLY, table(week(), week(week_on=MONDAY + timedelta(days=7))), now=NOW)
    assert len(read_sales_panel(lake, date(2026, 1, 18))) == 1
    assert len(read_sales_panel(lake, date(2026, 1, 19))) == 2
    engine.dispose()
