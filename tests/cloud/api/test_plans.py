"""A stored plan is computed in its turn, is visible to its owner only, and expires."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.planning import plan_worker
from cloud.planning.plan_worker import PlanWorker
from cloud.pricing.optimise.plan import SearchProgress
from cloud.pricing.optimise.subprocess_solver import SearchStopped
from cloud.sales import plans
from cloud.sales.plans import MAX_STORED, MAX_UNFINISHED, RETENTION, PlanStatus, kept_plans
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON

PLANS = "/api/pricing/plans"
BRIEF = {
    "budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"],
    "dayparts": [{"from_hour": 7, "to_hour": 10}],
}  # fmt: skip
UNREACHED = {**BRIEF, "minimums": [{"measure": "impressions", "min": 10_000_000}]}


@pytest.fixture
def work(context: AppContext) -> PlanWorker:
    return PlanWorker(lambda: context)


@pytest.fixture
def locked(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context, quota=Quota()))


@pytest.fixture
def key(context: AppContext) -> Callable[..., dict[str, str]]:
    """A header that shows a new key."""

    def key(account: str | None, role: Role = Role.ADVERTISER) -> dict[str, str]:
        made = create_key(
            context.engine, role, "somebody", by="me", now=FRIDAY_NOON, account=account
        )
        return {"x-api-key": made}

    return key


def keep(ask: ApiClient, brief: dict = BRIEF, **options: object) -> str:
    answer = ask("POST", PLANS, json=brief, **options)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def test_a_kept_plan_is_what_optimize_answers_with_its_question_and_versions(ask, work):
    answer = ask("POST", PLANS, json=BRIEF)
    waiting = answer.json()
    where = answer.headers["location"]
    assert where == f"{PLANS}/{waiting['id']}"
    assert (waiting["status"], waiting["answer"], waiting["versions"]) == ("waiting", None, None)
    assert ask.get(where).headers["retry-after"] == "1"
    assert work.step()
    done = ask.get(where)

    assert "retry-after" not in done.headers
    assert done.json()["status"] == "done"
    assert done.json()["answer"] == ask("POST", "/api/pricing/optimize", json=BRIEF).json()
    assert done.json()["question"]["from"] == "2026-11-23"
    line = done.json()["answer"]["lines"][0]
    price = ask.get(f"/api/pricing/slot/{line['location']}/{line['time_slot']}").json()
    assert done.json()["versions"] == {
        "rate_card": price["versions"]["rate_card"],
        "rate_card_digest": price["versions"]["rate_card_digest"],
        "forecasts": [
            {
                "location": "KX-01", "forecast": price["versions"]["forecast"],
                "made_at": price["versions"]["forecast_made_at"],
            }
        ],
    }  # fmt: skip
    assert not work.step()


def test_that_no_plan_can_be_is_kept_as_a_finding(ask, work):
    where = keep(ask, UNREACHED)
    work.step()
    returned = ask.get(where).json()

    assert returned["status"] == "impossible"
    assert returned["answer"]["relaxations"]


def test_a_plan_stored_with_the_former_field_names_is_shown_and_searched(
    ask, work, context: AppContext
):
    where = keep(ask)
    with database.writing(context.engine) as connection:
        question = json.loads(connection.execute(select(kept_plans.c.question)).scalar_one())
        question["least_return"] = question.pop("min_roi")
        question["caps"] = {"shares_per_slot": question["caps"]["max_positions_per_slot"]}
        connection.execute(kept_plans.update().values(question=json.dumps(question)))

    assert [one["budget"] for one in ask.get(PLANS).json()["plans"]] == ["90.00"]
    assert work.step()
    shown = ask.get(where).json()
    assert shown["status"] == "done"
    assert shown["question"]["caps"] == {"max_positions_per_slot": 1}
    assert (shown["question"]["min_roi"], "least_return" in shown["question"]) == (0.0, False)


def test_an_unchanged_plan_is_not_sent_again(ask, work):
    where = keep(ask)
    tag = {"if-none-match": ask.get(where).headers["etag"]}
    assert ask.get(where, headers=tag).status_code == 304
    work.step()
    assert ask.get(where, headers=tag).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"currency": "EUR"}, 422),
        ({"locations": ["XX-99"]}, 404),
        ({"budget": "NaN"}, 422),
        ({"from": "1626-11-23", "until": "1626-11-24"}, 422),
        ({"target": {"ages": ["25-34"]}}, 422),
        ({"within_s": 601}, 422),
        ({"venues": ["\x00"]}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once_and_not_kept(ask, change: dict, status: int):
    assert ask("POST", PLANS, json={**BRIEF, **change}).status_code == status
    assert ask.get(PLANS).json() == {"plans": [], "next": None}


def test_two_keys_of_one_account_see_the_same_and_nobody_else_does(locked, key):
    acme, agency, bolt, alone = key("acme"), key("acme"), key("bolt"), key(None)
    sales = key(None, Role.SALES)
    where = keep(locked, headers=acme)

    assert locked.get(where, headers=agency).json()["account"] == "acme"
    assert locked.get(where, headers=sales).status_code == 200
    for other in (bolt, alone):
        assert locked.get(where, headers=other).status_code == 404
        assert locked.get(PLANS, headers=other).json()["plans"] == []
    assert [one["account"] for one in locked.get(PLANS, headers=sales).json()["plans"]] == ["acme"]
    assert locked("DELETE", where, headers=bolt).status_code == 404
    assert locked("DELETE", where, headers=agency).status_code == 204
    assert locked.get(where, headers=acme).status_code == 404


def test_pages_hold_ones_own_plans_each_once(locked, key, clock):
    acme, bolt = key("acme"), key("bolt")
    mine = []
    for _ in range(5):
        clock.advance(timedelta(seconds=1))
        mine.append(keep(locked, headers=acme).rpartition("/")[2])
        theirs = keep(locked, headers=bolt)
    seen, after = [], {}
    while True:
        shown = locked.get(PLANS, params={"limit": 2, **after}, headers=acme).json()
        seen += [one["id"] for one in shown["plans"]]
        if shown["next"] is None:
            break
        after = {"after": shown["next"]}
    assert seen == mine[::-1]

    theirs = f"{10**15}-{theirs.rpartition('/')[2]}"
    never = f"{10**15}-{'f' * 32}"
    returned = [
        locked.get(
            PLANS, params={"after": one}, headers={**acme, "x-request-id": "the-same"}
        ).content
        for one in (theirs, never)
    ]
    assert returned[0] == returned[1]
    assert locked.get(PLANS, params={"after": "nonsense"}, headers=acme).status_code == 422


def test_keeping_and_forgetting_are_in_the_audit_log_and_looking_is_not(
    locked, key, context: AppContext
):
    acme, bolt = key("acme"), key("bolt")
    where = keep(locked, headers=acme)
    locked.get(where, headers=acme)
    for _ in range(2):
        locked("DELETE", where, headers=bolt)
    locked("DELETE", where, headers=acme)
    with database.reading(context.engine) as connection:
        audit.verify_chain(connection)
        entries = [one for one in audit.read_entries(connection) if one.action.startswith("plan")]

    assert [one.action for one in entries] == ["plan.keep", "plan.drop"]
    assert {one.object for one in entries} == {where.rpartition("/")[2]}
    assert all(json.loads(one.details)["account"] == "acme" for one in entries)


def test_without_its_entry_in_the_log_nothing_is_kept(ask, monkeypatch):
    def fail(*_: object, **__: object) -> int:
        raise RuntimeError("no log")

    monkeypatch.setattr("cloud.api.plans.audit.record_change", fail)
    assert ask("POST", PLANS, json=BRIEF).status_code == 500
    assert ask.get(PLANS).json()["plans"] == []


def test_a_plan_is_forgotten_when_its_time_is_over(ask, context: AppContext, clock, work):
    where = keep(ask)
    clock.advance(RETENTION - timedelta(seconds=1))
    assert ask.get(where).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert ask.get(where).status_code == 404
    assert ask("DELETE", where).status_code == 404
    assert ask.get(PLANS).json()["plans"] == []
    assert not work.step()
    with database.reading(context.engine) as connection:
        assert connection.execute(select(kept_plans.c.id)).all() == []


def test_an_account_may_wait_for_some_plans_and_keep_some_more(
    locked, key, context: AppContext, clock, work
):
    acme, bolt = key("acme"), key("bolt")
    for _ in range(MAX_UNFINISHED):
        keep(locked, headers=acme)
    refused = locked("POST", PLANS, json=BRIEF, headers=acme)
    assert refused.status_code == 409
    assert "wait for one, or DELETE one" in refused.json()["detail"]
    clock.advance(timedelta(seconds=1))
    keep(locked, headers=bolt)
    work.step()
    keep(locked, headers=acme)
    with database.writing(context.engine) as connection:
        connection.execute(kept_plans.update().values(status=PlanStatus.DONE))
        for _ in range(MAX_STORED - MAX_UNFINISHED - 1):
            plan = plans.insert_plan(
                connection, plans.new_plan_id(), "acme", "me", "{}", FRIDAY_NOON
            )
            row = kept_plans.c.id == plan.id
            connection.execute(kept_plans.update().where(row).values(status=PlanStatus.DONE))
    refused = locked("POST", PLANS, json=BRIEF, headers=acme)
    assert refused.status_code == 409
    assert "DELETE those that are not needed" in refused.json()["detail"]


def test_progress_is_seen_while_it_is_worked_on_and_delete_ends_the_search(ask, work, monkeypatch):
    where, seen = keep(ask), []
    monkeypatch.setattr(plan_worker, "POLL_EVERY_S", 0.0)

    def searched(*_: object, listener, cancelled, **__: object) -> None:
        listener(SearchProgress("rounding to whole slots", 0.6))
        assert not cancelled()
        returned = ask.get(where).json()
        seen.append((returned["status"], returned["stage"], returned["done"]))
        assert ask("DELETE", where).status_code == 204
        assert cancelled()
        raise SearchStopped("ended")

    monkeypatch.setattr(plan_worker, "optimise_in_subprocess", searched)
    assert work.step()
    assert seen == [("working", "rounding to whole slots", 0.6)]
    assert ask.get(where).status_code == 404
    assert ask.get(PLANS).json()["plans"] == []


def test_without_keys_everybody_shares_what_no_key_can_own(ask, context: AppContext, key):
    where = keep(ask)
    closed = ApiClient(create_app(replace(context), quota=Quota()))
    assert ask.get(where).json()["account"] == "-"
    assert closed.get(where, headers=key(None)).status_code == 404


def test_a_plan_that_is_asked_for_again_with_its_key_is_created_once(live_context: AppContext):
    ask = ApiClient(create_app(live_context))
    keyed = {"headers": {"idempotency-key": "plan-1"}}
    first, again = (ask("POST", PLANS, json=BRIEF, **keyed) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = ask("POST", PLANS, json={**BRIEF, "budget": "91.00"}, **keyed)
    assert (other.status_code, other.json()["title"]) == (422, "Idempotency key reused")
    assert len(ask.get(PLANS).json()["plans"]) == 1
