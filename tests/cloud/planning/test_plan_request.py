"""A request for a plan becomes the brief of the optimiser; an invalid field is refused."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from cloud.money import MoneyError
from cloud.planning.plan_request import PlanRequest, StoredPlanRequest
from cloud.pricing.optimise.brief import (
    AudienceGroup,
    Brief,
    BriefError,
    Caps,
    Daypart,
    Minimum,
    Objective,
)
from wire.audience import AgeGroup, Gender

PLAIN: dict[str, Any] = {"budget": "90.00", "from": "2026-11-23", "until": "2026-11-24"}


def brief_of(**fields: Any) -> Brief:
    return PlanRequest.model_validate(PLAIN | fields).to_brief()


def test_a_request_with_a_budget_and_dates_is_for_all_people_at_all_locations():
    assert brief_of() == Brief(
        budget_minor=9000,
        currency="GBP",
        first_on=date(2026, 11, 23),
        until_on=date(2026, 11, 24),
        objective=Objective.ATTENTIVE,
    )


def test_every_field_of_a_request_is_in_its_brief():
    found = brief_of(
        dayparts=[{"from_hour": 22, "to_hour": 2, "weekdays": [4, 5]}],
        locations=["KX-01", "LB-01"],
        venues=["10503"],
        target={"ages": ["25-34"], "genders": ["female"]},
        caps={
            "max_spots": 9, "max_spots_per_screen": 8, "max_spots_per_screen_per_day": 7,
            "max_spend_per_screen": "60.00", "max_positions_per_slot": 2,
        },
        minimums=[{"measure": "reach", "min": 5}],
        objective="roi", value_per_impression="0.105", min_roi=0.1,
    )  # fmt: skip

    assert found.dayparts == (Daypart(22, 2, frozenset({4, 5})),)
    assert (found.locations, found.venues) == (frozenset({"KX-01", "LB-01"}), frozenset({"10503"}))
    assert found.target == AudienceGroup(frozenset({AgeGroup.FROM_25}), frozenset({Gender.FEMALE}))
    assert found.caps == Caps(9, 8, 7, 6000, 2)
    assert found.minimums == (Minimum(AudienceGroup(), "reach", 5.0),)
    assert (found.objective, found.value_minor, found.min_roi) == (Objective.ROI, 10.5, 0.1)


@pytest.mark.parametrize(
    ("currency", "budget", "minor"),
    [("GBP", "0.01", 1), ("JPY", "90", 90), ("KWD", "1.234", 1234), ("GBP", "1e3", 100_000)],
)
def test_amounts_are_in_the_minor_unit_of_their_currency(currency: str, budget: str, minor: int):
    assert brief_of(currency=currency, budget=budget).budget_minor == minor


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"budget": "1.005"}, "write at most 2 decimals for GBP"),
        ({"budget": "1.5", "currency": "JPY"}, "write at most 0 decimals for JPY"),
        ({"currency": "ZZZ"}, "'ZZZ' is no currency"),
        ({"caps": {"max_spend_per_screen": "0.001"}}, "write at most 2 decimals"),
    ],
)
def test_an_amount_that_the_currency_cannot_express_is_refused(
    fields: dict[str, Any], message: str
):
    with pytest.raises(MoneyError, match=message):
        brief_of(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"until": "2026-11-23"}, "is not after its first day 2026-11-23"),
        ({"until": "2027-11-23"}, "365 days: expected 1 to 92"),
        ({"dayparts": [{"from_hour": 7, "to_hour": 7}]}, "write 0 to 24 for the whole day"),
        ({"target": {"ages": ["unknown"]}}, "'unknown' cannot be a target"),
        ({"objective": "roi"}, "set value_per_impression above 0"),
        ({"min_roi": 1}, "min_roi needs the objective 'roi'"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields: dict[str, Any], message: str):
    with pytest.raises(BriefError, match=message):
        brief_of(**fields)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"budget": "0"}, ("budget",)),
        ({"budget": "-1"}, ("budget",)),
        ({"budget": "NaN"}, ("budget",)),
        ({"budget": "Infinity"}, ("budget",)),
        ({"budget": "1e11"}, ("budget",)),
        ({"budget": None}, ("budget",)),
        ({"currency": "gbp"}, ("currency",)),
        ({"currency": "GBP\n"}, ("currency",)),
        ({"from": "23/11/2026"}, ("from",)),
        ({"from": "2026-11-23T08:00"}, ("from",)),
        ({"venues": ["0105"]}, ("venues", 0)),
        ({"venues": ["10503\n"]}, ("venues", 0)),
        ({"venues": ["1"] * 101}, ("venues",)),
        ({"locations": ["KX-01"] * 1001}, ("locations",)),
        ({"dayparts": [{"from_hour": 24, "to_hour": 24}]}, ("dayparts", 0, "from_hour")),
        ({"dayparts": [{"from_hour": 0, "to_hour": 25}]}, ("dayparts", 0, "to_hour")),
        (
            {"dayparts": [{"from_hour": 0, "to_hour": 1, "weekdays": []}]},
            ("dayparts", 0, "weekdays"),
        ),
        (
            {"dayparts": [{"from_hour": 0, "to_hour": 1, "weekdays": [7]}]},
            ("dayparts", 0, "weekdays", 0),
        ),
        ({"target": {"ages": ["25"]}}, ("target", "ages", 0)),
        ({"target": {"names": ["Ann"]}}, ("target", "names")),
        ({"caps": {"max_spots": 0}}, ("caps", "max_spots")),
        ({"caps": {"max_positions_per_slot": 1.5}}, ("caps", "max_positions_per_slot")),
        ({"minimums": [{"measure": "reach", "min": 0}]}, ("minimums", 0, "min")),
        ({"minimums": [{"measure": "reach", "min": float("nan")}]}, ("minimums", 0, "min")),
        ({"minimums": [{"measure": "clicks", "min": 1}]}, ("minimums", 0, "measure")),
        ({"objective": "profit"}, ("objective",)),
        ({"min_roi": float("inf")}, ("min_roi",)),
        ({"within_s": 61}, ("within_s",)),
        ({"within_s": 0}, ("within_s",)),
        ({"least_return": 1}, ("least_return",)),
    ],
)
def test_an_invalid_field_is_refused_at_its_place(
    fields: dict[str, Any], place: tuple[str | int, ...]
):
    with pytest.raises(ValidationError) as refused:
        PlanRequest.model_validate(PLAIN | fields)

    assert [error["loc"] for error in refused.value.errors()] == [place]


def test_a_stored_plan_may_be_searched_for_ten_minutes():
    assert StoredPlanRequest.model_validate(PLAIN).within_s == 60
    assert StoredPlanRequest.model_validate(PLAIN | {"within_s": 600}).within_s == 600
    with pytest.raises(ValidationError):
        StoredPlanRequest.model_validate(PLAIN | {"within_s": 601})


def test_a_request_is_read_back_from_its_own_json():
    request = PlanRequest.model_validate(PLAIN | {"caps": {"max_spend_per_screen": "60.00"}})
    written = request.model_dump_json(by_alias=True)

    assert PlanRequest.model_validate_json(written) == request
    assert json.loads(written)["from"] == "2026-11-23"
    assert json.loads(written)["caps"]["max_spend_per_screen"] == "60.00"
