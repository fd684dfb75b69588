"""What-ifs over HTTP: computed, saved, listed, deleted."""

from datetime import timedelta

import pytest

from cloud.app.context import AppContext
from cloud.auth.audit import verify_chain
from cloud.database import reading
from tests.cloud.api.conftest import ApiClient

PATH = "/api/retail/scenarios"
QUESTION = {"product": "juice-1", "cost_change": "0.1", "price": "3.19"}


def post(shops: ApiClient, key: str = "k-1", **changes: object):
    body = {"name": "costs 10 % up", **QUESTION, **changes}
    return shops("POST", PATH, json=body, headers={"idempotency-key": key})


def preview(shops: ApiClient, **changes: object):
    return shops("POST", f"{PATH}/preview", json={**QUESTION, **changes})


def test_a_what_if_answers_each_store_and_adds_them_up(shops: ApiClient):
    answer = preview(shops)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    first, second = found["stores"]
    assert (first["price_now"], first["scenario"]["price"]) == ("3.29", "3.69")
    assert first["examined"]["price"] == "3.19"
    assert second["scenario"]["outcome"] == "kept"
    totals = found["totals"]
    assert totals["current"]["margin"]["value"] == "149.00"
    assert float(totals["scenario"]["margin"]["value"]) < 149
    assert totals["examined"]["units"]["value"] == pytest.approx(125.2, abs=0.1)
    assert len(found["curve"]["points"]) == 25


def test_without_changes_a_what_if_is_the_recommendation(shops: ApiClient):
    found = preview(shops, cost_change=None, stores=["s-1"]).json()["stores"][0]
    assert found["scenario"] == shops.get("/api/retail/recommend/juice-1/s-1").json()


def test_rules_are_replaced_and_null_switches_one_off(shops: ApiClient):
    found = preview(shops, rules={"minimum_margin": 0.6, "maximum_move": None}, stores=["s-1"])
    scenario = found.json()["stores"][0]["scenario"]
    assert (scenario["price"], scenario["binding_rules"][0]["rule"]) == ("5.59", "minimum_margin")


def test_a_saved_what_if_keeps_its_answer(shops: ApiClient, context: AppContext, clock):
    saved = post(shops)
    assert saved.status_code == 201, saved.text
    name = saved.json()["id"]
    assert post(shops).json()["id"] == name
    clock.advance(timedelta(seconds=1))
    post(shops, "k-2", name="again")
    listed = shops.get(f"{PATH}?limit=1").json()
    assert [one["name"] for one in listed["scenarios"]] == ["again"]
    rest = shops.get(f"{PATH}?limit=9&after={listed['next']}").json()
    assert (len(rest["scenarios"]), rest["next"]) == (1, None)
    assert shops.get(saved.headers["location"]).json() == saved.json()
    gone = shops("DELETE", f"{PATH}/{name}", headers={"idempotency-key": "k-3"})
    assert gone.status_code == 204
    assert shops.get(f"{PATH}/{name}").status_code == 404
    with reading(context.engine) as connection:
        assert verify_chain(connection) is not None
