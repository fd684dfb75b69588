"""The rate card is read, put with the version that was read, and followed by every process."""

from datetime import timedelta

import pytest

from cloud.api.application import create_app
from cloud.app.audit_tables import compare_tables
from cloud.app.rate_card_reload import ContextReloader
from cloud.auth.audit import read_entries
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.database import reading
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.orders.conftest import Market
from tests.cloud.app_context import FRIDAY_NOON

CARD = "/api/rate-card"
PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"


def put(market: Market, state, card: dict, who: str = "sales", **fields: object):
    headers = {
        "x-api-key": market.keys[who],
        "idempotency-key": f"put-{card['version']}-{fields}",
        "if-match": state.headers["etag"],
    }
    body = {"card": card, "reason": "spring tariff", **fields}
    return market.client("PUT", CARD, headers=headers, json=body)


def change(card: dict, **sections: object) -> dict:
    return {**card, "version": "spring-1", **sections}


def raise_peaks(card: dict) -> dict:
    bands = [{**band, "factor": "1.9"} for band in card["peak_hours"]]
    return change(card, peak_hours=bands)


def test_the_card_of_the_start_is_read_with_its_digest(market: Market):
    state = market("finance", "GET", CARD)

    assert state.status_code == 200
    assert state.json()["card"]["version"] == "reference-2"
    assert state.json()["valid_from"] is None
    assert state.json()["stored"] == []


def test_a_card_is_put_and_prices_follow_it(market: Market, clock):
    before = market("sales", "GET", PRICE).json()["price_minor"]
    state = market("sales", "GET", CARD)
    answer = put(market, state, raise_peaks(state.json()["card"]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["card"]["version"] == "reference-2"
    assert answer.json()["stored"][0]["version"] == "spring-1"

    reloader: ContextReloader = market.client.app.state.reloader
    reloader.refresh()
    clock.advance(timedelta(seconds=5))
    reloader.refresh()
    after = market("sales", "GET", PRICE).json()
    assert after["versions"]["rate_card"] == "spring-1"
    assert after["price_minor"] > before
    state = market("sales", "GET", CARD).json()
    assert state["card"]["version"] == "spring-1"
    with reading(market.context.engine) as connection:
        assert compare_tables(connection, clock()) == []
        (entry,) = (one for one in read_entries(connection) if one.action == "rate_card.put")
    assert '"spring tariff"' in entry.details


def test_a_card_that_somebody_changed_since_is_refused(market: Market):
    state = market("sales", "GET", CARD)
    card = state.json()["card"]
    assert put(market, state, change(card)).status_code == 200
    refused = put(market, state, {**raise_peaks(card), "version": "spring-2"})

    assert refused.status_code == 412
    assert "changed since" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"attention": {"least": "2", "most": "1"}}, "`card.attention` in the body: least"),
        ({"limits": {"least": "0", "most": "1"}}, "`card.limits.least` in the body"),
        ({"version": "reference-2", "rounding_minor": 5}, "change the version of this one"),
        ({"seasons": [{"name": "a\u202eb", "months": [1], "factor": "1.1"}]}, "name of a season"),
    ],
)
def test_an_invalid_card_is_refused_with_its_field(market: Market, sections: dict, words: str):
    state = market("sales", "GET", CARD)
    refused = put(market, state, change(state.json()["card"], **sections))

    assert refused.status_code == 422
    assert words in refused.json()["detail"]


def test_overlapping_hours_name_the_place(market: Market):
    state = market("sales", "GET", CARD)
    band = {"name": "all", "from_hour": 0, "to_hour": 24, "factor": "1.1"}
    bands = [*state.json()["card"]["peak_hours"], band]
    refused = put(market, state, change(state.json()["card"], peak_hours=bands))

    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("`card` in the body: hour 0 is in both")


def test_the_same_card_again_changes_nothing(market: Market):
    state = market("sales", "GET", CARD)
    assert put(market, state, change(state.json()["card"])).status_code == 200
    state = market("sales", "GET", CARD)
    assert put(market, state, change(state.json()["card"]), valid_from=None).status_code in (
        200,
        422,
    )


def test_a_pinned_process_refuses(market: Market):
    key = create_key(market.context.engine, Role.SALES, "Mary", by="me", now=FRIDAY_NOON)
    client = ApiClient(create_app(market.context, quota=Quota(), pinned=True))
    headers = {"x-api-key": key, "idempotency-key": "a", "if-match": "*"}
    state = client.get(CARD, headers={"x-api-key": key}).json()
    body = {"card": change(state["card"]), "reason": "spring tariff"}
    refused = client("PUT", CARD, headers=headers, json=body)

    assert state["is_pinned"] is True
    assert refused.status_code == 409
