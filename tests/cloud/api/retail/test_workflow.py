"""The queue over HTTP: decisions once, bulk decisions one by one."""

from cloud.database import writing
from cloud.forecast.retail.estimates import DemandEstimate, Evidence, write_estimates
from tests.cloud.api.retail.queue_client import IDS, QueueClient
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.retail_points import PRODUCT


def test_a_page_has_recommendations_and_counts(queue: QueueClient) -> None:
    page = queue.get("/recommendations?limit=4&state=proposed").json()
    assert [one["id"] for one in page["recommendations"]] == IDS[:1:-1]
    assert page["counts"]["proposed"] == 6
    assert page["recommendations"][0]["evidence"]["note"] == "lower"
    rest = queue.get(f"/recommendations?after={page['next']}").json()
    assert [one["id"] for one in rest["recommendations"]] == [IDS[1], IDS[0]]


def test_of_two_decisions_the_second_is_a_conflict(queue: QueueClient) -> None:
    first = queue.decide(0, decision="accept")
    assert first.status_code == 200
    assert first.json()["price"]["state"] == "active"
    assert first.json()["recommendation"]["state"] == "active"
    second = queue.decide(0, decision="reject", reason="changed my mind")
    assert (second.status_code, second.json()["title"]) == (409, "Already decided")
    prices = queue.get("/prices?store=S-00").json()["prices"]
    assert prices[0]["approved"]["price_minor"] == 379
    assert (prices[0]["observed"]["price_minor"], prices[0]["observed"]["age_s"]) == (400, 86_400)


def test_what_is_refused_names_the_rule_or_what_is_missing(queue: QueueClient) -> None:
    below = queue.decide(5, decision="accept")
    assert (below.status_code, below.json()["title"]) == (422, "Price breaks a rule")
    assert "cost: 2.49" in below.json()["detail"]
    assert queue.decide(1, decision="change", reason="rounder").status_code == 422
    assert queue.decide(1, decision="reject").status_code == 422
    unknown = queue("POST", f"/recommendations/{'f' * 32}/decision", json={"decision": "accept"})
    assert unknown.status_code == 404


def test_bulk_decisions_have_their_own_results(queue: QueueClient) -> None:
    decisions = [
        {"id": IDS[0], "decision": "accept"},
        {"id": IDS[5], "decision": "accept"},
        {"id": IDS[2], "decision": "reject", "reason": "promotion next week"},
        {"id": IDS[0], "decision": "accept"},
        {"id": "e" * 32, "decision": "accept"},
    ]
    answer = queue("POST", "/recommendations/decisions", json={"decisions": decisions})
    results = answer.json()["results"]
    assert [one["done"] for one in results] == [True, False, True, False, False]
    assert "cost" in results[1]["refusal"]
    batch = results[0]["result"]["price"]["batch"]
    back = queue("POST", f"/price-batches/{batch}/roll-back", json={"reason": "wrong file"}).json()
    assert [one["restored"]["price_minor"] for one in back["results"]] == [399]


def test_what_is_recommended_now_is_queued_in_place_of_what_waits(queue: QueueClient) -> None:
    estimates = [
        DemandEstimate(
            product=PRODUCT, store=store, elasticity=-2.5, elasticity_low=-2.8,
            elasticity_high=-2.2, standard_error=0.1, baseline_units=70.0,
            baseline_price_minor=400, units_sd_log=0.3, stockpiling_share=None,
            evidence=Evidence.SUFFICIENT, model_version="test-1", as_of=FRIDAY_NOON.date(),
        )
        for store in ("S-00", "S-01")
    ]  # fmt: skip
    with writing(queue.engine) as connection:
        write_estimates(connection, estimates)
    made = queue("POST", "/recommendations", json={"product": PRODUCT, "region": "north"})
    assert (made.status_code, made.json()["proposed"], made.json()["kept"]) == (201, 2, 2)
    found = queue.get(f"/recommendations?batch={made.json()['batch']}").json()["recommendations"]
    assert {one["store"] for one in found} == {"S-00", "S-01"}
    for one in found:
        assert one["margin_change_minor"] > 0
        assert one["evidence"]["low_minor"] <= one["price_minor"] <= one["evidence"]["high_minor"]
        assert one["evidence"]["reasons"][0]["sentence"]
    assert queue.get(f"/recommendations/{IDS[0]}").json()["state"] == "expired"


def test_a_chosen_price_is_queued_with_its_reason(queue: QueueClient) -> None:
    chosen = {"product": PRODUCT, "store": "S-03", "price_minor": 389, "reason": "round number"}
    made = queue("POST", "/recommendations", json=chosen)
    assert (made.status_code, made.json()["proposed"]) == (201, 1)
    found = queue.get(f"/recommendations?batch={made.json()['batch']}").json()["recommendations"]
    assert [(one["store"], one["price_minor"], one["current_minor"]) for one in found] == [
        ("S-03", 389, 400)
    ]
    assert found[0]["evidence"]["note"] == "round number"
    assert found[0]["evidence"]["expected"] is None  # no estimate of demand
    assert queue.get(f"/recommendations/{IDS[3]}").json()["state"] == "expired"
    accept = {"decision": "accept"}
    done = queue("POST", f"/recommendations/{found[0]['id']}/decision", json=accept)
    assert done.json()["price"]["price_minor"] == 389


def test_a_chosen_price_is_refused_as_any_other(queue: QueueClient) -> None:
    chosen = {"product": PRODUCT, "store": "S-03", "price_minor": 389, "reason": "round number"}

    def refuse(**changed: object) -> tuple[int, str]:
        answer = queue("POST", "/recommendations", json={**chosen, **changed})
        return answer.status_code, answer.json()["title"]

    assert refuse(price_minor=249) == (422, "Price breaks a rule")
    assert refuse(price_minor=400) == (422, "Unchanged price")
    assert refuse(store="S-77") == (404, "Unknown retail price")
    assert refuse(reason=None)[0] == refuse(region="north")[0] == refuse(store=None)[0] == 422
    assert refuse(price_minor=None)[0] == 422  # a reason without a price
    assert queue.get(f"/recommendations/{IDS[3]}").json()["state"] == "proposed"


def test_one_store_is_recommended_for_alone(queue: QueueClient) -> None:
    made = queue("POST", "/recommendations", json={"store": "S-01"})
    assert (made.json()["proposed"], made.json()["kept"]) == (0, 1)
    made = queue("POST", "/recommendations", json={"store": "S-01", "region": "south"})
    assert made.json()["kept"] == 0
