"""Locked quotes: the price of the server, for their account only, repriced after their end."""

from datetime import timedelta
from typing import Any

import pytest

from cloud.api.booking import quotes
from cloud.app.context import AppContext
from cloud.auth.audit import read_entries
from cloud.booking.quote_locks import VALID_FOR, LockedQuote
from cloud.database import reading, writing
from tests.cloud.api.booking.booking_requests import MONDAY, Market, slots


def test_a_quote_locks_the_price_that_the_slot_has_now(market: Market) -> None:
    price = market.acme.get(f"/api/pricing/slot/KX-01/{MONDAY}").json()
    answer = market.acme.post("/api/quotes", slots(8, 9, positions=2))
    quote = answer.json()
    assert answer.status_code == 201
    first = quote["slots"][0]
    assert (first["price_minor"], first["free"]) == (price["price_minor"], 6)
    assert [one["value"] for one in first["factors"]] == [one["value"] for one in price["factors"]]
    assert quote["total_minor"] == sum(2 * one["price_minor"] for one in quote["slots"])
    assert set(quote["versions"]) == {"rate_card", "KX-01"}
    market.clock.advance(VALID_FOR)
    again = market.acme.get(answer.headers["location"]).json()
    assert again == {**quote, "is_valid": False}, "an expired quote stays readable"


def test_the_quote_of_another_account_is_not_found(market: Market) -> None:
    quote = market.acme.post("/api/quotes", slots(8)).json()["id"]
    answers = [
        market.bolt.get(f"/api/quotes/{quote}"),
        market.bolt.get(f"/api/quotes/{'f' * 32}"),
        market.bolt.post("/api/holds", {"quote": quote}),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404]
    assert len({one.json()["detail"] for one in answers}) == 1
    assert market.sales.get(f"/api/quotes/{quote}").json()["account"] == "acme"


def test_an_expired_quote_is_answered_with_the_present_price(market: Market) -> None:
    quote = market.acme.post("/api/quotes", slots(8)).json()
    body = {"price": "99.00", "reason": "agreed today"}
    market.sales("PUT", f"/api/pricing/override/KX-01/{MONDAY}", json=body)
    market.clock.advance(VALID_FOR - timedelta(microseconds=1))
    assert market.acme.post("/api/holds", {"quote": quote["id"]}).status_code == 201
    market.clock.advance(timedelta(microseconds=1))
    late = market.acme.post("/api/holds", {"quote": quote["id"]})
    problem = late.json()
    assert (late.status_code, problem["title"]) == (409, "Quote expired")
    assert (problem["total_minor"], problem["former_total_minor"]) == (
        9_900, quote["total_minor"],
    )  # fmt: skip
    held = market.acme.post("/api/holds", {"quote": problem["quote"]})
    assert held.status_code == 201
    assert held.json()["quote"] == problem["quote"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price_minor": 1}, "price_minor"),
        ({"positions": 0}, "positions"),
        ({"positions": -1}, "positions"),
        ({"positions": 10**12}, "positions"),
        ({"time_slot": "2026-11-20T11:00"}, "has begun"),
        ({"time_slot": "2029-11-20T11:00"}, "too far ahead"),
        ({"time_slot": "2026-11-23T08:30"}, "starts no hour"),
    ],
)
def test_a_client_sends_no_price_and_no_impossible_slot(market: Market, change, words):
    asked = {"slots": [{"location": "KX-01", "time_slot": MONDAY, **change}]}
    refused = market.acme.post("/api/quotes", asked)
    assert refused.status_code == 422
    assert words in refused.json()["detail"]


def test_a_quote_is_made_once_for_each_key_and_audited(market: Market) -> None:
    headers = {"idempotency-key": "the-same"}
    first, second = (market.acme.post("/api/quotes", slots(8), headers=headers) for _ in range(2))
    assert first.content == second.content
    with reading(market.context.engine) as connection:
        actions = [one.action for one in read_entries(connection)]
    assert actions.count("quote.lock") == 1


def test_a_quote_that_staff_lock_for_an_account_has_no_reasons_for_staff(market: Market) -> None:
    body = {"price": "99.00", "reason": "agreed today"}
    market.sales("PUT", f"/api/pricing/override/KX-01/{MONDAY}", json=body)
    locked = market.sales.post("/api/quotes?account=acme", slots(8))
    shown = market.acme.get(locked.headers["location"])
    assert shown.json()["slots"][0]["price_minor"] == 9_900
    assert "agreed today" not in shown.text


def test_a_quote_makes_one_hold_and_a_repeated_request_gets_the_same(market: Market) -> None:
    quote = market.acme.post("/api/quotes", slots(8)).json()["id"]
    headers = {"idempotency-key": "hold-once"}
    first, again = (
        market.acme.post("/api/holds", {"quote": quote}, headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.content) == (201, first.content)
    other = market.acme.post("/api/holds", {"quote": quote})
    assert (other.status_code, other.json()["title"]) == (409, "Quote used")


def test_an_expired_quote_is_answered_with_one_new_quote(market: Market) -> None:
    quote = market.acme.post("/api/quotes", slots(8)).json()["id"]
    market.clock.advance(VALID_FOR)
    new = {market.acme.post("/api/holds", {"quote": quote}).json()["quote"] for _ in range(3)}
    assert len(new) == 1
    assert market.acme.post("/api/holds", {"quote": new.pop()}).status_code == 201
    assert market.acme.post("/api/holds", {"quote": quote}).json()["title"] == "Quote expired"


def test_no_transaction_writes_while_a_quote_is_computed(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, stored = quotes.compute_quote, []

    def compute_beside_a_writer(context: AppContext, *words: Any, **more: Any) -> LockedQuote:
        with writing(context.engine):
            stored.append(201)
        return compute(context, *words, **more)

    monkeypatch.setattr(quotes, "compute_quote", compute_beside_a_writer)
    assert market.acme.post("/api/quotes", slots(8)).status_code == 201
    assert stored == [201]
