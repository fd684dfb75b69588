"""A brief is answered with a plan and its bound, or with relaxations."""

from decimal import Decimal

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.planning.plan_offers import read_offer
from cloud.pricing.optimise.brief import AudienceGroup, Brief, BriefError
from wire.audience import AgeGroup

PATH = "/api/pricing/optimize"
BRIEF = {
    "budget": "500.00",
    "from": "2026-11-23",
    "until": "2026-11-25",
    "dayparts": [{"from_hour": 7, "to_hour": 10}],
    "locations": ["KX-01", "LB-01", "BA-01"],
}


def test_a_plan_keeps_the_budget_and_says_how_good_it_is(ask):
    plan = ask("POST", PATH, json=BRIEF).json()

    assert plan["possible"] is True
    assert 0 < Decimal(plan["cost"]) <= 500
    assert plan["gap"] <= 0.05
    assert plan["value"] <= plan["bound"] * 1.000001
    assert sum(Decimal(line["cost"]) for line in plan["lines"]) == Decimal(plan["cost"])
    assert {line["location"] for line in plan["lines"]} <= {"KX-01", "LB-01", "BA-01"}
    assert {line["time_slot"][11:13] for line in plan["lines"]} <= {"07", "08", "09"}
    assert plan["impressions"]["p10"] < plan["impressions"]["p50"] < plan["impressions"]["p90"]
    assert plan["shadow_prices"][0]["sentence"]


def test_the_plan_is_priced_as_the_slots_are(ask):
    plan = ask("POST", PATH, json=BRIEF).json()
    line = plan["lines"][0]
    price = ask.get(f"/api/pricing/slot/{line['location']}/{line['time_slot']}").json()

    assert Decimal(line["cost"]) == Decimal(price["price"]) * line["positions"]


def test_an_impossible_brief_is_answered_with_what_to_ease(ask):
    wanted = {"measure": "impressions", "min": 10_000_000}
    answer = ask("POST", PATH, json={**BRIEF, "minimums": [wanted]})
    body = answer.json()

    assert answer.status_code == 200
    assert body["possible"] is False
    assert body["relaxations"]


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"budget": "NaN"}, 422, "`budget` in the body"),
        ({"budget": "Infinity"}, 422, "`budget` in the body"),
        ({"budget": -1}, 422, "greater than 0"),
        ({"budget": "0.001"}, 422, "write at most 2 decimals for GBP"),
        ({"budget": 1e300}, 422, "`budget` in the body"),
        ({"currency": "EUR"}, 422, "none is sold in EUR; the requested ones are sold in GBP"),
        (
            {"from": "2026-11-25", "until": "2026-11-23"},
            422,
            "is not after its first day 2026-11-25",
        ),
        ({"until": "9999-12-31"}, 422, "expected 1 to 92"),
        (
            {"from": "1626-11-23", "until": "1626-11-25"},
            422,
            "is out of range: use days within 400 days",
        ),
        ({"locations": ["XX-99"]}, 404, "no location 'XX-99'"),
        ({"locations": ["KX-01"] * 1001}, 422, "at most 1000 items"),
        (
            {"venues": ["3"]},
            422,
            "none is sold in GBP and has a requested venue type; the requested",
        ),
        ({"venues": ["platform"]}, 422, "`venues.0` in the body"),
        ({"dayparts": [{"from_hour": 25, "to_hour": 3}]}, 422, "less than or equal to 23"),
        ({"dayparts": [{"from_hour": 5, "to_hour": 5}]}, 422, "write 0 to 24 for the whole day"),
        ({"target": {"ages": ["25-34"]}}, 422, "no camera of these sites estimates 25-34"),
        ({"target": {"ages": ["unknown"]}}, 422, "'unknown' cannot be a target"),
        ({"objective": "fame"}, 422, "`objective` in the body"),
        ({"objective": "roi"}, 422, "set value_per_impression above 0"),
        ({"bugdet": 1}, 422, "Extra inputs are not permitted"),
    ],
)
def test_a_brief_that_makes_no_sense_is_refused(ask, changed: dict, status: int, sentence: str):
    answer = ask("POST", PATH, json={**BRIEF, **changed})

    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [
        (b'{"budget": 1}', "text/plain", "the body, which must be JSON with `Content-Type"),
        (b"[" * 9000, "application/json", "the body cannot be read as JSON"),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_what_was_expected(
    ask, content, kind: str, sentence: str
):
    answer = ask("POST", PATH, content=content, headers={"content-type": kind})

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_a_target_group_has_the_share_that_the_cameras_reported(context: AppContext, clock):
    at = int(clock.now.timestamp()) - 7200
    with database.writing(context.engine) as connection:
        connection.execute(
            database.hour_tallies.insert().values(
                location="KX-01", device="kx-01-cam-1", hour_at=at, observed_ms=3_600_000,
                entries=400, visits=400, dwell_06=400, dwell_ms=4_800_000, attention_03=400,
                looking_ms=600_000,
            )
        )  # fmt: skip
        for age, visits in (("25-34", 60), ("45-54", 40), ("unknown", 300)):
            connection.execute(
                database.minute_demographics.insert().values(
                    location="KX-01", device="kx-01-cam-1", minute_at=at, age=age,
                    gender="unknown", visits=visits,
                )
            )  # fmt: skip
    asked = {"currency": "GBP", "locations": frozenset({"KX-01"}), "budget_minor": 100_000}
    days = {"first_on": clock.now.date(), "until_on": clock.now.date().replace(day=22)}
    everybody = read_offer(context, Brief(**asked, **days))
    young = AudienceGroup(ages=frozenset({AgeGroup.FROM_25}))
    some = read_offer(context, Brief(**asked, **days, target=young))

    assert some.target.contacts == pytest.approx(everybody.target.contacts * 0.6)
    assert some.target.people == pytest.approx(everybody.target.people * 0.6)


def test_more_slots_than_a_plan_can_weigh_are_refused_at_once(context: AppContext, monkeypatch):
    monkeypatch.setattr("cloud.planning.plan_offers.MAX_SLOTS", 100)
    days = {"first_on": context.clock().date(), "until_on": context.clock().date().replace(day=30)}

    with pytest.raises(BriefError, match="use fewer days or locations"):
        read_offer(context, Brief(budget_minor=1, currency="GBP", **days))
