"""The price of a slot over HTTP."""

import math
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.pricing.slot import list_slots

PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"


def test_a_price_comes_with_everything_it_is_made_of(ask):
    answer = ask.get(PRICE)
    body = answer.json()

    assert answer.status_code == 200
    assert [factor["name"] for factor in body["factors"]][:5] == [
        "attention", "peak", "demographic", "location", "season",
    ]  # fmt: skip
    assert all(factor["reason"] for factor in body["factors"])
    assert body["currency"] == "GBP"
    assert Decimal(body["price_p10"]) <= Decimal(body["price"]) <= Decimal(body["price_p90"])
    assert body["basis"]["kind"] == "venue"
    assert body["versions"]["rate_card"] == "reference-2"
    assert len(body["versions"]["rate_card_digest"]) == 12


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-25", "2027-03-28", "2026-10-25"])
def test_the_factors_of_every_hour_multiply_to_its_price(ask, day: str):
    for slot in list_slots(date.fromisoformat(day), ZoneInfo("Europe/London")):
        body = ask.get(f"/api/pricing/slot/KX-01/{slot.local.isoformat()}").json()
        values = (Decimal(factor["value"]) for factor in body["factors"])
        product = math.prod(values, start=Decimal(body["base_rate_minor"]))

        assert body["price_minor"] == product.quantize(Decimal(1), ROUND_HALF_UP)
        assert Decimal(body["price"]) * 100 == body["price_minor"]


def test_the_same_question_has_the_same_answer_until_the_forecast_is_due(ask, clock):
    first = ask.get(PRICE)
    clock.advance(timedelta(seconds=59))
    again = ask.get(PRICE)
    clock.advance(timedelta(seconds=1))
    renewed = ask.get(PRICE)

    assert again.content == first.content
    made = [answer.json()["versions"]["forecast_made_at"] for answer in (first, renewed)]
    assert made == ["2026-11-20T12:00:00Z", "2026-11-20T12:01:00Z"]


def test_an_answer_that_the_client_holds_is_not_sent_again_until_it_changes(ask, clock):
    first = ask.get(PRICE)
    held = {"if-none-match": first.headers["etag"]}
    again = ask.get(PRICE, headers=held)
    clock.advance(timedelta(minutes=1))
    renewed = ask.get(PRICE, headers=held)

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert renewed.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_new_rate_card_is_never_answered_with_an_old_price(ask, context: AppContext):
    dearer = msgspec.structs.replace(context.card, version="dearer-2", seasons=())
    before = ask.get(PRICE).json()
    ask.app = create_app(replace(context, card=dearer))
    after = ask.get(PRICE).json()

    assert after["versions"]["rate_card"] == "dearer-2"
    assert after["price_minor"] < before["price_minor"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/KX-01/2026-11-23T08:30", 422, "ask for 2026-11-23T08:00"),
        ("/KX-01/2027-03-28T01:00", 422, "does not exist in Europe/London"),
        ("/KX-01/2026-10-25T01:00", 422, "occurs twice in Europe/London"),
        ("/KX-01/2028-11-23T08:00", 422, "days from now: ask within 400"),
        ("/KX-01/yesterday", 422, "write a local hour such as"),
        ("/KX-01/%00", 422, "write a local hour such as"),
        ("/KX-01/" + "2" * 1000, 422, "at most 60 characters"),
        ("/XX-99/2026-11-23T08:00", 404, "no location 'XX-99'"),
        ("/kx-01/2026-11-23T08:00", 404, "no location 'kx-01'"),
        ("/KX-01'%20OR%201=1/2026-11-23T08:00", 404, "no location"),
        ("/%F0%9F%92%A9/2026-11-23T08:00", 404, "no location"),
        ("/" + "K" * 5000 + "/2026-11-23T08:00", 422, "at most 63 characters"),
        ("/KX-01/2026-11-23T08:00/..", 404, "nothing is served"),
        ("/KX-01/", 404, "nothing is served"),
    ],
)
def test_a_bad_question_is_a_problem_that_says_what_to_ask(
    ask, path: str, status: int, sentence: str
):
    answer = ask.get(f"/api/pricing/slot{path}")
    problem = answer.json()

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in problem["detail"]
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
