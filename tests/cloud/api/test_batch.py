"""Each slot of a batch has its own answer at its own position."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from cloud import database
from cloud.forecast.visitors.visitor_mix import VisitorGroup, VisitorMix, store_visitor_mix

BATCH = "/api/pricing/batch"
MONDAY = {"location": "KX-01", "time_slot": "2026-11-23T08:00"}


def test_a_batch_answers_in_order_and_one_bad_question_disturbs_no_other(ask):
    asked = [
        MONDAY,
        {"location": "XX-99", "time_slot": "2026-11-23T08:00"},
        {"location": "LB-01", "time_slot": "2027-03-28T01:00"},
        {"location": "LB-01", "time_slot": "2026-11-23T08:00"},
    ]
    answers = ask("POST", BATCH, json={"slots": asked}).json()["answers"]

    assert [answer["price"] is not None for answer in answers] == [True, False, False, True]
    assert answers[0]["price"] == ask.get("/api/pricing/slot/KX-01/2026-11-23T08:00").json()
    assert "no location 'XX-99'" in answers[1]["refused"]
    assert "does not exist" in answers[2]["refused"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"slots": []}',
        b'{"slots": [1]}',
        b'{"slots": [{"location": "KX-01"}]}',
        b'{"slots": [{"location": "KX-01", "time_slot": NaN}]}',
        b'{"slots": [{"location": null, "time_slot": "2026-11-23T08:00"}]}',
        b'{"slots": [{"location": "KX-01", "time_slot": "2026-11-23T08:00", "price": 1}]}',
        b'{"slots": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_batch_is_refused(ask, body: bytes):
    answer = ask("POST", BATCH, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 3000


def test_more_than_five_hundred_questions_are_refused(ask):
    answer = ask("POST", BATCH, json={"slots": [MONDAY] * 501})

    assert answer.status_code == 422
    assert "at most 500 items" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("first", "hours"), [("2026-11-23", 24), ("2027-03-28", 23), ("2026-10-25", 25)]
)
def test_the_forecast_of_a_day_has_every_hour_of_it_once(ask, first: str, hours: int):
    body = ask.get(f"/api/pricing/forecast/KX-01?from={first}&days=1").json()
    starts = [datetime.fromisoformat(hour["starts_at"]) for hour in body["hours"]]

    assert len(set(starts)) == hours
    assert starts == sorted(starts)
    for hour in body["hours"]:
        for span in hour["expected"].values():
            assert 0 <= span["p10"] <= span["p50"] <= span["p90"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("days=0", "greater than or equal to 1"),
        ("days=29", "less than or equal to 28"),
        ("days=1e9", "valid integer"),
        ("from=9999-12-31", "ask within 400 days"),
        ("from=0001-01-01", "ask within 400 days"),
        ("from=tomorrow", "valid date"),
    ],
)
def test_a_forecast_out_of_reach_is_refused(ask, query: str, sentence: str):
    answer = ask.get(f"/api/pricing/forecast/KX-01?{query}")

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_a_forecast_contains_the_visitor_mix_once_it_is_stored(ask, context):
    path = "/api/pricing/forecast/KX-01?from=2026-11-23&days=1"
    assert ask.get(path).json()["hours"][8]["visitors"] is None

    rates = np.tile(np.array([[0.1, 0.2, 0.3], [8, 9, 10]])[:, :, None], (1, 1, 168))
    groups = (VisitorGroup("25-34", "female"), VisitorGroup("25-34", "male"))
    half = np.tile(np.array([0.4, 0.5, 0.6])[None, :, None], (2, 1, 168))
    with database.writing(context.engine) as connection:
        store_visitor_mix(
            connection,
            context.sites.location("KX-01"),
            VisitorMix(date(2026, 11, 20), rates, groups, half),
        )
    context.clock.advance(timedelta(hours=1))
    visitors = ask.get(path).json()["hours"][8]["visitors"]

    assert visitors["attention_rate"] == {"p10": 0.1, "p50": 0.2, "p90": 0.3}
    assert visitors["dwell_s"]["p50"] == 9
    assert sum(group["share"]["p50"] for group in visitors["groups"]) == 1
