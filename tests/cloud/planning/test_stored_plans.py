"""A plan that was stored with the former field names is read with the present ones."""

import json

from cloud.planning.plan_request import StoredPlanRequest
from cloud.planning.plan_response import InfeasibleResponse, PlanResponse
from cloud.planning.stored_plans import read_stored_request, translate_answer, translate_request

PRESENT = StoredPlanRequest.model_validate(
    {
        "budget": "2500.00",
        "from": "2026-11-23",
        "until": "2026-11-30",
        "caps": {
            "max_spots": 9,
            "max_spots_per_screen": 8,
            "max_spots_per_screen_per_day": 7,
            "max_spend_per_screen": "60.00",
            "max_positions_per_slot": 2,
        },
        "minimums": [{"measure": "reach", "min": 5.0}],
        "objective": "roi",
        "value_per_impression": "0.10",
        "min_roi": 0.1,
    }
)
FORMER_CAPS = {
    "slots": 9,
    "slots_per_location": 8,
    "slots_per_day": 7,
    "spend_per_location": "60.00",
    "shares_per_slot": 2,
}
RANGE = {"p10": 1.0, "p50": 2.0, "p90": 3.0}
PLAN = {
    "possible": True, "finished": True, "cost": "90.00", "unspent": "0.00",
    "limited_by": [{"limit": "max_spots", "slots": 4, "sentence": "no room"}],
    "currency": "GBP", "impressions": RANGE, "reach": RANGE, "frequency": 1.5, "value": 2.0,
    "unit": "impressions", "bound": 2.0, "gap": 0.0,
    "minimums": [{"group": "18-24", "measure": "reach", "min": 5.0, "achieved": 6.0}],
    "lines": [
        {
            "location": "KX-01", "time_slot": "2026-11-23T08:00:00+00:00", "positions": 2,
            "cost": "90.00", "impressions": 2.0,
        }
    ],
    "shadow_prices": [{"limit": "budget", "about": "", "worth": 1.0, "sentence": "one more"}],
    "left_out": [], "slots_considered": 9, "formula": "f", "assumptions": [],
}  # fmt: skip
CHANGE = {"limit": "max_spend_per_screen", "name": "the spend", "asked": 1.0, "to": 2.0, "unit": ""}
IMPOSSIBLE = {
    "possible": False, "sentence": "no plan",
    "relaxations": [{"sentence": "raise it", "proven": True, "changes": [CHANGE]}],
    "left_out": [], "slots_considered": 9, "assumptions": [],
}  # fmt: skip


def former_request() -> str:
    fields = PRESENT.model_dump(mode="json", by_alias=True)
    fields["least_return"] = fields.pop("min_roi")
    fields["caps"] = FORMER_CAPS
    [minimum] = fields["minimums"]
    minimum["least"] = minimum.pop("min")
    return json.dumps(fields)


def former_plan() -> bytes:
    fields = json.loads(json.dumps(PLAN))
    fields["held_back_by"] = [{**one, "limit": "slots"} for one in fields.pop("limited_by")]
    [minimum] = fields["minimums"]
    [line] = fields["lines"]
    line["shares"] = line.pop("positions")
    minimum |= {"least": minimum.pop("min"), "brings": minimum.pop("achieved")}
    return json.dumps(fields).encode()


def former_impossible() -> bytes:
    change = {**CHANGE, "limit": "spend_per_location"}
    fields = dict(IMPOSSIBLE) | {"easings": [{**IMPOSSIBLE["relaxations"][0], "changes": [change]}]}
    del fields["relaxations"]
    return json.dumps(fields).encode()


def test_a_request_with_the_former_names_is_the_same_request():
    assert read_stored_request(former_request()) == PRESENT
    present = PRESENT.model_dump_json(by_alias=True).encode()
    assert json.loads(translate_request(former_request().encode())) == json.loads(present)


def test_an_answer_with_the_former_names_is_the_same_answer():
    assert json.loads(translate_answer(former_plan())) == PLAN
    assert json.loads(translate_answer(former_impossible())) == IMPOSSIBLE
    PlanResponse.model_validate(PLAN)
    InfeasibleResponse.model_validate(IMPOSSIBLE)


def test_json_with_the_present_names_is_unchanged():
    request = PRESENT.model_dump_json(by_alias=True, indent=1).encode()
    assert translate_request(request) is request
    for answer in (PLAN, IMPOSSIBLE):
        stored = json.dumps(answer, indent=1).encode()
        assert translate_answer(stored) is stored


def test_the_former_caps_of_positions_are_read_as_caps_of_positions():
    former = json.loads(former_request())
    del former["caps"]["shares_per_slot"]
    former["caps"]["max_shares_per_slot"] = 2
    assert read_stored_request(json.dumps(former)) == PRESENT
    plan = {**PLAN, "limited_by": [{"limit": "free_shares", "slots": 4, "sentence": "no room"}]}
    present = json.loads(translate_answer(json.dumps(plan).encode()))
    assert [one["limit"] for one in present["limited_by"]] == ["free_positions"]
