"""The rule set over HTTP: read, replaced by a caller that has read it, refused with its place."""

import pytest

from tests.cloud.api.conftest import ApiClient

PATH = "/api/retail/rules"
RULES = {"version": "spring-1", "defaults": {"minimum_margin": 0.45}}


def put(shops: ApiClient, tag: str, rules: object = RULES, **more: object):
    headers = {"if-match": tag, "idempotency-key": str(more.pop("key", "k-1"))}
    body = {"rules": rules, "reason": "spring margins", **more}
    return shops("PUT", PATH, json=body, headers=headers)


def test_a_new_rule_set_is_in_force_with_the_next_request(shops: ApiClient):
    before = shops.get(PATH)
    assert (before.json()["rules"]["version"], before.json()["stored"]) == ("reference-1", [])
    changed = put(shops, before.headers["etag"])
    assert changed.status_code == 200, changed.text
    assert changed.json()["stored"][0]["reason"] == "spring margins"
    found = shops.get("/api/retail/recommend/juice-1/s-1").json()
    assert (found["rules"]["version"], found["price"]) == ("spring-1", "3.64")


def test_a_rule_set_that_nobody_read_is_not_replaced(shops: ApiClient):
    tag = shops.get(PATH).headers["etag"]
    put(shops, tag)
    answer = put(shops, tag, {"version": "autumn-1"}, key="k-2")
    assert (answer.status_code, answer.json()["title"]) == (412, "Precondition failed")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"version": "a", "defaults": {"minimum_margin": 1}}, "at least 0 and below 1"),
        ({"version": "a", "defaults": {"maximum_mov": 1}}, "did you mean 'maximum_move'"),
        ({"version": "reference-1"}, "change the version"),
        ({}, "version"),
    ],
)
def test_an_invalid_rule_set_is_refused_with_its_place(shops: ApiClient, rules, words):
    answer = put(shops, shops.get(PATH).headers["etag"], rules)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid rule set")
    assert words in answer.json()["detail"]
