"""What-ifs that cannot be answered, and stores without a price."""

import pytest

from cloud import database
from cloud.app.context import AppContext
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.retail.shop_rows import add_point

QUESTION = {"product": "juice-1", "cost_change": "0.1", "price": "3.19"}


def preview(shops: ApiClient, **changes: object):
    body = {**QUESTION, **changes}
    return shops("POST", "/api/retail/scenarios/preview", json=body)


def test_stores_without_a_recent_price_are_named(shops: ApiClient):
    found = preview(shops, stores=["s-9", "s-1"]).json()
    assert ([one["store"] for one in found["stores"]], found["missing_stores"]) == (
        ["s-1"],
        ["s-9"],
    )


def test_stores_of_several_currencies_are_not_added_up(shops: ApiClient, context: AppContext):
    with database.writing(context.engine) as connection:
        add_point(connection, store="s-3", currency="JPY")
    answer = preview(shops)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid scenario")
    assert "GBP, JPY" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"product": "x"}, 404, "recent price point"),
        ({"rules": {"minimum_margi": 0.1}}, 422, "did you mean 'minimum_margin'"),
        ({"rules": {"minimum_margin": 2}}, 422, "below 1"),
        ({"cost": "2.00"}, 422, "not both"),
        ({"price": "3.199"}, 422, "at most 2 decimals"),
        ({"cost_change": "-1"}, 422, "greater than -1"),
    ],
)
def test_a_what_if_that_cannot_be_answered_says_why(shops: ApiClient, changes, status, words):
    answer = preview(shops, **changes)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
