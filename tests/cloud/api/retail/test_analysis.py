"""The analysis of a product: elasticity with its range, curve, stores, season, ages."""

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.forecast.retail.demand_versions import DemandVersion, VersionStatus, write_version
from cloud.forecast.retail.estimates import Evidence
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.retail.shop_rows import YESTERDAY, add_point, add_shops
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import make_estimate

PATH = "/api/retail/analysis/juice-1"


def test_an_analysis_has_what_is_known_of_each_store(shops: ApiClient):
    found = shops.get(PATH).json()
    assert found["elasticity"] == {
        "value": -2.5, "low": -2.9, "high": -2.1, "stores": {"sufficient": 1},
    }  # fmt: skip
    assert [(one["store"], one["units"]) for one in found["stores"]] == [
        ("s-1", 100.0), ("s-2", None),
    ]  # fmt: skip
    (curve,) = found["curves"]
    assert (curve["currency"], curve["stores"], len(curve["points"])) == ("GBP", 2, 25)
    assert {one["month"]: one["index"] for one in found["season"] if one["points"]} == {11: 1.0}
    assert (found["newest_point_age_s"], found["estimates_as_of"]) == (3600, "2026-11-19")


def test_the_elasticity_is_weighted_by_units(context: AppContext, ask):
    add_shops(
        context.engine,
        make_estimate(
            store="s-2", elasticity=-1.5, elasticity_low=-1.9, elasticity_high=-1.1,
            baseline_units=300, baseline_price_minor=399, evidence=Evidence.WEAK,
        ),
    )  # fmt: skip
    found = ask.get(PATH).json()["elasticity"]
    assert found["value"] == pytest.approx(-(2.5 * 100 + 1.5 * 300) / 400)
    assert found["stores"] == {"sufficient": 1, "weak": 1}


def test_each_currency_has_its_curve(shops: ApiClient, context: AppContext):
    with database.writing(context.engine) as connection:
        add_point(connection, store="s-3", currency="JPY", price_minor=700, cost_minor=400)
    found = shops.get(PATH).json()
    assert [(one["currency"], one["stores"]) for one in found["curves"]] == [("GBP", 2), ("JPY", 1)]
    assert found["curves"][1]["points"][0]["price"] == "490"


def test_a_product_without_recent_points_is_unknown(shops: ApiClient):
    assert shops.get("/api/retail/analysis/juice-9").status_code == 404


def test_the_model_has_the_scores_of_its_backtest(shops: ApiClient, context: AppContext):
    assert shops.get(PATH).json()["demand_model"] is None
    version = DemandVersion(
        version="shrunk-1@2026-11-16", model="shrunk", status=VersionStatus.ACTIVE,
        chosen_at=FRIDAY_NOON, trained_at=FRIDAY_NOON, first_on=YESTERDAY, last_on=YESTERDAY,
        series=2, weeks=60, settings={}, scores={"test": {"wmape": 0.31, "bias": None}}, drift={},
    )  # fmt: skip
    with database.writing(context.engine) as connection:
        write_version(connection, version)
    found = shops.get(PATH).json()["demand_model"]
    assert found["backtest"] == {"wmape": 0.31, "bias": None}
    assert (found["version"], found["last_on"]) == ("shrunk-1@2026-11-16", "2026-11-19")
