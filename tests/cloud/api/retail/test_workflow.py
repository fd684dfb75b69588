"""The queue over HTTP: decisions once, bulk decisions one by one, starts in the store's time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloud.api.application import create_app
from cloud.database import writing
from cloud.forecast.retail.estimates import DemandEstimate, Evidence, write_estimates
from cloud.sales.retail.decisions import propose
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.retail_points import (
    PRODUCT,
    insert_points,
    insert_products,
    insert_stores,
    point_row,
)
from tests.cloud.sales.retail.retail_rows import new_recommendation

DAY = timedelta(days=1)
IDS = [f"{n:032x}" for n in range(1, 7)]


class Prices(ApiClient):
    """Changes have a key of their own."""

    engine: Engine

    def __call__(self, method: str, path: str, **options: object) -> object:
        headers = {"Idempotency-Key": f"{method}{path}{id(options)}"}
        return super().__call__(method, f"/api/retail{path}", headers=headers, **options)

    def decide(self, number: int, **decision: object) -> object:
        return self("POST", f"/recommendations/{IDS[number]}/decision", json=decision)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ask(tmp_path: Path, clock: ManualClock) -> Iterator[Prices]:
    with open_app_context(tmp_path, clock) as context:
        fill(context.engine)
        asking = Prices(create_app(context))
        asking.engine = context.engine
        yield asking


def fill(engine: Engine) -> None:
    """Six recommendations for stores with a price of yesterday; the cost is 2.50."""
    with writing(engine) as connection:
        stores = insert_stores(connection, 6)
        insert_products(connection, PRODUCT)
        insert_points(connection, [point_row(one, FRIDAY_NOON - DAY) for one in stores])
        rows = [
            new_recommendation(
                name, product=PRODUCT, store=store, currency="GBP", batch="b" * 32,
                proposed_at=FRIDAY_NOON + index * timedelta(seconds=1),
                valid_until=FRIDAY_NOON + 2 * DAY, evidence='{"note":"lower"}',
            )
            for index, (name, store) in enumerate(zip(IDS, stores, strict=True))
        ]  # fmt: skip
        rows[5] = replace(rows[5], price_minor=249)
        propose(connection, rows, by="nightly", now=FRIDAY_NOON)


def test_a_page_has_recommendations_and_counts(ask: Prices) -> None:
    page = ask.get("/recommendations?limit=4&state=proposed").json()
    assert [one["id"] for one in page["recommendations"]] == IDS[:1:-1]
    assert page["counts"]["proposed"] == 6
    assert page["recommendations"][0]["evidence"]["note"] == "lower"
    rest = ask.get(f"/recommendations?after={page['next']}").json()
    assert [one["id"] for one in rest["recommendations"]] == [IDS[1], IDS[0]]


def test_of_two_decisions_the_second_is_a_conflict(ask: Prices) -> None:
    first = ask.decide(0, decision="accept")
    assert first.status_code == 200
    assert first.json()["price"]["state"] == "active"
    assert first.json()["recommendation"]["state"] == "active"
    second = ask.decide(0, decision="reject", reason="changed my mind")
    assert (second.status_code, second.json()["title"]) == (409, "Already decided")
    prices = ask.get("/prices?store=S-00").json()["prices"]
    assert prices[0]["approved"]["price_minor"] == 379
    assert (prices[0]["observed"]["price_minor"], prices[0]["observed"]["age_s"]) == (400, 86_400)


def test_what_is_refused_names_the_rule_or_what_is_missing(ask: Prices) -> None:
    below = ask.decide(5, decision="accept")
    assert (below.status_code, below.json()["title"]) == (422, "Price breaks a rule")
    assert "cost: 2.49" in below.json()["detail"]
    assert ask.decide(1, decision="change", reason="rounder").status_code == 422
    assert ask.decide(1, decision="reject").status_code == 422
    unknown = ask("POST", f"/recommendations/{'f' * 32}/decision", json={"decision": "accept"})
    assert unknown.status_code == 404


def test_bulk_decisions_have_their_own_results(ask: Prices) -> None:
    decisions = [
        {"id": IDS[0], "decision": "accept"},
        {"id": IDS[5], "decision": "accept"},
        {"id": IDS[2], "decision": "reject", "reason": "promotion next week"},
        {"id": IDS[0], "decision": "accept"},
        {"id": "e" * 32, "decision": "accept"},
    ]
    answer = ask("POST", "/recommendations/decisions", json={"decisions": decisions})
    results = answer.json()["results"]
    assert [one["done"] for one in results] == [True, False, True, False, False]
    assert "cost" in results[1]["refusal"]
    batch = results[0]["result"]["price"]["batch"]
    back = ask("POST", f"/price-batches/{batch}/roll-back", json={"reason": "wrong file"}).json()
    assert ["first approved" in one["refused"] for one in back["results"]] == [True]


def test_a_price_starts_in_the_local_time_of_the_store(ask: Prices, clock: ManualClock) -> None:
    local = {"decision": "accept", "starts_local": "2026-11-21T06:00:00"}
    answer = ask.decide(1, **local).json()
    assert answer["price"]["state"] == "scheduled"
    assert answer["price"]["starts_at"] == "2026-11-21T06:00:00Z"
    assert answer["recommendation"]["state"] == "accepted"
    both = ask.decide(2, **local, starts_at="2026-11-21T06:00:00Z")
    assert both.status_code == 422
    path = ask.get(f"/prices/path?product={PRODUCT}&store=S-01").json()["prices"]
    assert [one["state"] for one in path] == ["scheduled"]
    name = path[0]["id"]
    back = ask("POST", f"/prices/{name}/roll-back", json={"reason": "not yet"}).json()
    assert back["price"]["state"] == "cancelled"


def test_an_override_ends_and_is_rolled_back(ask: Prices) -> None:
    asked = {
        "product": PRODUCT, "store": "S-00", "price_minor": 299, "currency": "GBP",
        "reason": "damaged pallet", "ends_local": "2026-11-22T20:00:00",
    }  # fmt: skip
    made = ask("POST", "/prices/overrides", json=asked)
    assert (made.status_code, made.json()["ends_at"]) == (201, "2026-11-22T20:00:00Z")
    assert made.json()["approved_by"].startswith("api:")
    name = made.json()["id"]
    assert ask("POST", f"/prices/{name}/roll-back", json={"reason": "sold"}).status_code == 200
    again = ask("POST", f"/prices/{name}/roll-back", json={"reason": "sold"})
    assert (again.status_code, again.json()["title"]) == (409, "Price has changed")
    endless = ask("POST", "/prices/overrides", json={**asked, "ends_local": None})
    assert endless.status_code == 422


def test_stores_and_effects_are_read(ask: Prices) -> None:
    assert len(ask.get("/stores?region=north").json()["stores"]) == 4
    ask.decide(0, decision="accept")
    whole = ask.get("/effects?until=2026-11-21").json()["whole"]
    assert whole["acceptance"]["accepted"] == 1
    assert (whole["effect"], whole["missing"]) == (None, "too_short")
    assert ask.get("/effects?since=2026-11-21&until=2026-11-20").status_code == 422


def test_what_is_recommended_now_is_queued_in_place_of_what_waits(ask: Prices) -> None:
    estimates = [
        DemandEstimate(
            product=PRODUCT, store=store, elasticity=-2.5, elasticity_low=-2.8,
            elasticity_high=-2.2, standard_error=0.1, baseline_units=70.0,
            baseline_price_minor=400, units_sd_log=0.3, stockpiling_share=None,
            evidence=Evidence.SUFFICIENT, model_version="test-1", as_of=FRIDAY_NOON.date(),
        )
        for store in ("S-00", "S-01")
    ]  # fmt: skip
    with writing(ask.engine) as connection:
        write_estimates(connection, estimates)
    made = ask("POST", "/recommendations", json={"product": PRODUCT, "region": "north"})
    assert (made.status_code, made.json()["proposed"], made.json()["kept"]) == (201, 2, 2)
    found = ask.get(f"/recommendations?batch={made.json()['batch']}").json()["recommendations"]
    assert {one["store"] for one in found} == {"S-00", "S-01"}
    for one in found:
        assert one["margin_change_minor"] > 0
        assert one["evidence"]["low_minor"] <= one["price_minor"] <= one["evidence"]["high_minor"]
        assert one["evidence"]["reasons"][0]["sentence"]
    assert ask.get(f"/recommendations/{IDS[0]}").json()["state"] == "expired"


def test_an_experiment_needs_more_clusters_than_this_chain_has(ask: Prices) -> None:
    asked = {
        "name": "5 % less", "products": [PRODUCT], "change_bp": -500,
        "starts_at": "2026-11-21T00:00:00Z", "ends_at": "2026-12-19T00:00:00Z",
    }  # fmt: skip
    answer = ask("POST", "/experiments", json=asked)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid experiment")
    assert ask.get("/experiments").json() == {"experiments": []}
    assert ask.get(f"/experiments/{IDS[0]}").status_code == 404
