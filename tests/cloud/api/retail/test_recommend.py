"""Recommended retail prices over HTTP: one, many, cached, and in several processes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from cloud import database
from cloud.api.application import create_app
from cloud.api.retail.models import RecommendationResponse
from cloud.app.context import AppContext
from cloud.database.retail import retail_products
from cloud.forecast.retail.estimates import write_estimates
from cloud.pricing.retail.rules import PriceRules
from cloud.sales.retail.active_rules import read_reference_rules
from cloud.sales.retail.rule_sets import put_rule_set
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.retail.shop_rows import HOUR, YESTERDAY, add_point
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import make_estimate

PATH = "/api/retail/recommend/juice-1/s-1"
BATCH = "/api/retail/batch-recommend"


def test_a_recommendation_has_its_rules_reasons_and_ages(shops: ApiClient):
    answer = shops.get(PATH)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert RecommendationResponse.model_validate(found)
    assert (found["price"], found["price_minor"], found["outcome"]) == ("3.29", 329, "recommended")
    assert found["current"] == {
        "price": "3.49", "price_minor": 349, "source": "observed", "promotion": None,
        "at": "2026-11-20T11:00:00Z", "age_s": 3600,
    }  # fmt: skip
    assert found["binding_rules"] == [{"rule": "ladder", "found": "3.33", "limit": "3.29"}]
    assert found["demand"]["age_days"] == 1
    assert found["expected"]["margin"]["value"] == "149.51"
    assert [one["kind"] for one in found["alternatives"]] == [
        "keep", "cheaper", "dearer", "unconstrained",
    ]  # fmt: skip
    assert found["rules"]["version"] == "reference-1"
    assert 0.5 < found["confidence"] < 1


def test_without_an_estimate_the_price_stays_and_nothing_is_zero(shops: ApiClient):
    found = shops.get("/api/retail/recommend/juice-1/s-2").json()
    assert (found["outcome"], found["price"]) == ("kept", "3.99")
    missing = ("demand", "expected", "confidence", "price_low", "price_high")
    assert [found[name] for name in missing] == [None] * 5
    assert found["reasons"][0]["code"] == "no_estimate"


def test_an_unknown_product_is_404_with_what_to_do(shops: ApiClient):
    answer = shops.get("/api/retail/recommend/juice-9/s-1")
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown retail price")
    assert "POST /api/retail/price-points" in answer.json()["detail"]


def test_limits_in_another_currency_are_a_conflict(shops: ApiClient, context: AppContext):
    with database.writing(context.engine) as connection:
        connection.execute(update(retail_products).values(currency="EUR", map_minor=1))
    answer = shops.get(PATH)
    assert (answer.status_code, answer.json()["title"]) == (409, "Limits in another currency")


def test_a_batch_keeps_its_order_and_answers_each_item(shops: ApiClient):
    items = [
        {"product": product, "store": store}
        for product, store in [("juice-1", "s-2"), ("x", "s-1"), ("juice-1", "s-1")] * 2
    ]
    answers = shops("POST", BATCH, json={"items": items}).json()["answers"]
    assert [{name: one[name] for name in ("product", "store")} for one in answers] == items
    assert [one["refused"] is None for one in answers] == [True, False, True] * 2
    single = shops.get(PATH).json()
    assert answers[2]["recommendation"] == single


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_one_to_a_thousand_items(shops: ApiClient, count: int):
    items = [{"product": "juice-1", "store": "s-1"}] * count
    assert shops("POST", BATCH, json={"items": items}).status_code == 422


def test_a_client_that_has_the_answer_gets_304(shops: ApiClient, clock):
    tag = shops.get(PATH).headers["etag"]
    clock.advance(timedelta(minutes=4))
    assert shops.get(PATH, headers={"if-none-match": tag}).status_code == 304
    clock.advance(timedelta(minutes=2))
    assert shops.get(PATH, headers={"if-none-match": tag}).status_code == 200


def add_dearer_point(context: AppContext) -> None:
    with database.writing(context.engine) as connection:
        add_point(connection, FRIDAY_NOON - HOUR / 2, cost_minor=230)


def write_other_estimate(context: AppContext) -> None:
    with database.writing(context.engine) as connection:
        write_estimates(connection, [make_estimate(elasticity=-2.2, as_of=YESTERDAY)])


def put_other_rules(context: AppContext) -> None:
    with database.writing(context.engine) as connection:
        put_rule_set(
            connection, PriceRules(version="plain-1"), None, reference=read_reference_rules(),
            by="ann", now=FRIDAY_NOON,
        )  # fmt: skip


@pytest.mark.parametrize("change", [add_dearer_point, write_other_estimate, put_other_rules])
def test_every_process_answers_with_the_new_inputs_at_once(
    shops: ApiClient, context: AppContext, change
):
    other = ApiClient(create_app(replace(context)))
    before = [client.get(PATH).json()["price"] for client in (shops, other)]
    change(context)
    after = [client.get(PATH).json()["price"] for client in (shops, other)]
    assert len(set(before)) == len(set(after)) == 1
    assert before != after
