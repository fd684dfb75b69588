"""The progress of a search is streamed; a client that disconnects ends its search."""

import asyncio
import json
import logging
import time
from datetime import timedelta

import pytest

from cloud.api import optimize
from cloud.planning.plan_offers import read_offer
from cloud.pricing.optimise import subprocess_solver
from cloud.pricing.optimise.brief import Brief, BriefError
from cloud.pricing.optimise.subprocess_solver import SearchStopped

PATH = "/api/pricing/optimize"
STREAM = {"accept": "text/event-stream"}
BRIEF = {"budget": "500.00", "from": "2026-11-23", "until": "2026-11-25", "locations": ["KX-01"]}


def events(answer):
    """(name, data) of each event."""
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in blocks
    ]


def test_progress_comes_before_the_answer_and_only_grows(ask):
    answer = ask("POST", PATH, json=BRIEF, headers=STREAM)
    *steps, (name, plan) = events(answer)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert name == "answer"
    assert plan == ask("POST", PATH, json=BRIEF).json()
    assert {step for step, _ in steps} == {"progress"}
    done = [step["done"] for _, step in steps]
    assert done == sorted(done)
    assert done[0] == 0


def test_a_bad_brief_is_refused_before_anything_is_streamed(ask):
    answer = ask("POST", PATH, json={**BRIEF, "currency": "EUR"}, headers=STREAM)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_search_without_a_plan_ends_the_stream_with_a_problem(ask, monkeypatch):
    def stopped(*_, **__):
        raise SearchStopped("allow it more time")

    monkeypatch.setattr(optimize, "optimise_in_subprocess", stopped)
    (event,) = events(ask("POST", PATH, json=BRIEF, headers=STREAM))
    assert event == ("problem", {"status": 503, "detail": "allow it more time"})
    assert ask("POST", PATH, json=BRIEF).status_code == 503


def endless_search(*_):
    time.sleep(60)


def test_a_search_ended_by_its_time_limit_is_one_log_event_without_a_traceback(
    ask, monkeypatch, caplog
):
    monkeypatch.setattr(subprocess_solver, "_search", endless_search)
    caplog.clear()
    answer = ask("POST", PATH, json={**BRIEF, "within_s": 0.3})

    assert answer.status_code == 503
    assert "ended before it had found a plan: allow it more time" in answer.json()["detail"]
    (event,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert (event.message, event.exc_info) == ("api.unavailable", None)
    assert "allow it more time" in event.reason


def test_who_goes_away_ends_the_search(ask, monkeypatch):
    ended = []

    def endless(*_, cancelled, **__):
        while not cancelled():
            asyncio.run(asyncio.sleep(0.01))
        ended.append(True)
        raise SearchStopped("nobody is there")

    monkeypatch.setattr(optimize, "optimise_in_subprocess", endless)
    sent = []

    async def leave_soon() -> None:
        body = json.dumps(BRIEF).encode()
        scope = {
            "type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(),
            "query_string": b"", "headers": [(b"content-type", b"application/json")],
            "http_version": "1.1", "scheme": "http", "server": ("api", 80), "client": None,
        }  # fmt: skip
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            return next(messages, {"type": "http.disconnect"})

        async def send(message):
            sent.append(message)

        await ask.app(scope, receive, send)

    asyncio.run(leave_soon())
    assert ended == [True]
    assert sent[0]["status"] == 503


def test_a_plan_says_what_it_brings_and_what_it_assumes(ask):
    least = {"measure": "impressions", "min": 10}
    plan = ask("POST", PATH, json={**BRIEF, "minimums": [least]}).json()

    (met,) = plan["minimums"]
    assert met["achieved"] >= met["min"] == 10
    assert plan["slots_considered"] == 48
    assert any("nobody is recognised" in assumed for assumed in plan["assumptions"])


def test_what_to_ease_can_be_read_by_a_machine(ask):
    least = {"measure": "impressions", "min": 10_000_000}
    answer = ask("POST", PATH, json={**BRIEF, "minimums": [least]}).json()
    (change,) = answer["relaxations"][0]["changes"]

    assert change["limit"] == "minimum"
    assert change["asked"] == 10_000_000
    eased = {**least, "min": change["to"]}
    assert ask("POST", PATH, json={**BRIEF, "minimums": [eased]}).json()["possible"] is True


def test_hours_that_have_begun_are_not_sold(context, clock):
    today = clock.now.date()
    asked = Brief(
        budget_minor=1000, currency="GBP", first_on=today, until_on=today + timedelta(days=1),
        locations=frozenset({"KX-01"}),
    )  # fmt: skip
    clock.now += timedelta(minutes=1)  # 12:01 in London
    assert len(read_offer(context, asked)) == 11
    clock.now += timedelta(hours=11)
    with pytest.raises(BriefError, match="no future slot"):
        read_offer(context, asked)
