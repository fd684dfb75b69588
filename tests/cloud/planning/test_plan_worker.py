"""The worker computes stored plans one at a time; a stop, a fault or a lost claim loses no plan."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.planning import plan_worker
from cloud.planning.plan_worker import FAULT, TOO_MANY_ATTEMPTS, PlanWorker
from cloud.pricing.optimise.plan import Infeasible, SearchProgress
from cloud.pricing.optimise.subprocess_solver import SearchStopped
from cloud.sales import plan_queue, plans
from cloud.sales.plans import RETENTION, PlanStatus, StoredPlan
from tests.cloud.app_context import ManualClock

QUESTION = json.dumps(
    {
        "budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"],
        "dayparts": [{"from_hour": 7, "to_hour": 10}],
    }
)  # fmt: skip
NO_PLAN = Infeasible("no plan reaches 10 people", ())

Store = Callable[[], str]
Read = Callable[[str], StoredPlan]


@pytest.fixture
def work(context: AppContext) -> PlanWorker:
    return PlanWorker(lambda: context)


@pytest.fixture
def store(context: AppContext, clock: ManualClock) -> Store:
    """Stores a plan, each a second after the one before, and returns its id."""

    def store() -> str:
        clock.advance(timedelta(seconds=1))
        name = plans.new_plan_id()
        with database.writing(context.engine) as connection:
            plans.insert_plan(connection, name, "acme", "me", QUESTION, clock.now)
        return name

    return store


@pytest.fixture
def read(context: AppContext, clock: ManualClock) -> Read:
    def read(name: str) -> StoredPlan:
        with database.reading(context.engine) as connection:
            return plans.find_plan(connection, name, None, clock.now)

    return read


def replace_search(monkeypatch: pytest.MonkeyPatch, search: Callable[..., Any]) -> None:
    monkeypatch.setattr(plan_worker, "optimise_in_subprocess", search)


def test_without_a_stored_plan_there_is_nothing_to_do(work: PlanWorker):
    assert not work.step()


def test_the_oldest_plan_is_first_and_its_answer_is_stored_with_the_versions(
    work: PlanWorker, store: Store, read: Read, context: AppContext, monkeypatch
):
    first, second = store(), store()
    replace_search(monkeypatch, lambda *_, **__: NO_PLAN)
    assert work.step()

    assert (read(first).status, read(second).status) == (PlanStatus.IMPOSSIBLE, PlanStatus.WAITING)
    with database.reading(context.engine) as connection:
        answer, versions = plans.read_plan_answer(connection, first)
    assert answer is not None
    assert versions is not None
    assert json.loads(answer)["sentence"] == "no plan reaches 10 people"
    assert json.loads(versions)["rate_card"] == context.card.version
    assert [one["location"] for one in json.loads(versions)["forecasts"]] == ["KX-01"]


def test_the_digests_of_an_answer_are_in_the_audit_log(
    work: PlanWorker, store: Store, context: AppContext, monkeypatch
):
    name = store()
    replace_search(monkeypatch, lambda *_, **__: NO_PLAN)
    work.step()
    with database.reading(context.engine) as connection:
        answer, versions = plans.read_plan_answer(connection, name)
        [entry] = [one for one in audit.read_entries(connection) if one.object == name]

    assert entry.action == "plan.finish"
    assert json.loads(entry.details) == {
        "account": "acme",
        "status": "impossible",
        "answer": hashlib.sha256(answer or b"").hexdigest(),
        "versions": hashlib.sha256(versions or b"").hexdigest(),
    }


def test_the_claim_is_renewed_with_the_progress_and_a_removed_plan_ends_the_search(
    work: PlanWorker, store: Store, read: Read, context: AppContext, monkeypatch
):
    name, seen = store(), []
    monkeypatch.setattr(plan_worker, "POLL_EVERY_S", 0.0)

    def search(*_: object, listener, cancelled, **__: object) -> None:
        listener(SearchProgress("rounding to whole slots", 0.6))
        assert not cancelled()
        seen.append((read(name).status, read(name).stage, read(name).done))
        with database.writing(context.engine) as connection:
            plans.remove_plan(connection, name, None, context.clock())
        assert cancelled()
        raise SearchStopped("ended")

    replace_search(monkeypatch, search)
    assert work.step()
    assert seen == [("working", "rounding to whole slots", 0.6)]
    with pytest.raises(plans.UnknownPlan):
        read(name)
    with database.reading(context.engine) as connection:
        assert list(audit.read_entries(connection)) == []


def test_a_process_that_is_stopped_returns_its_plan_to_the_queue(
    store: Store, read: Read, context: AppContext, monkeypatch
):
    name, stopping = store(), PlanWorker(lambda: context)

    def search(*_: object, cancelled, **__: object) -> None:
        assert not cancelled()
        stopping.stop()
        assert cancelled()
        raise SearchStopped("ended")

    replace_search(monkeypatch, search)
    stopping.step()
    assert (read(name).status, read(name).turns) == (PlanStatus.WAITING, 0)

    replace_search(monkeypatch, lambda *_, **__: NO_PLAN)
    assert PlanWorker(lambda: context).step()
    assert read(name).status == PlanStatus.IMPOSSIBLE


def test_an_answer_that_is_found_while_the_process_stops_is_not_stored(
    store: Store, read: Read, context: AppContext, monkeypatch
):
    name, stopping = store(), PlanWorker(lambda: context)

    def search(*_: object, **__: object) -> Infeasible:
        stopping.stop()
        return NO_PLAN

    replace_search(monkeypatch, search)
    stopping.step()
    assert read(name).status == PlanStatus.WAITING


def test_a_plan_whose_process_died_is_claimed_again_three_times_at_most(
    work: PlanWorker, store: Store, read: Read, context: AppContext, clock: ManualClock
):
    name = store()
    for _ in range(plan_queue.MAX_ATTEMPTS):
        with database.writing(context.engine) as connection:
            assert plan_queue.claim_plan(connection, "a-dead-process", clock.now) is not None
        assert not work.step()  # another process has the claim
        assert read(name).status == PlanStatus.WORKING
        clock.advance(plan_queue.CLAIM_FOR)
    assert work.step()

    assert (read(name).status, read(name).sentence) == (PlanStatus.FAILED, TOO_MANY_ATTEMPTS)
    assert not work.step()


def test_a_fault_fails_its_plan_without_its_text_and_no_other_plan(
    work: PlanWorker, store: Store, read: Read, monkeypatch, caplog: pytest.LogCaptureFixture
):
    bad, good = store(), store()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("an internal detail")

    with monkeypatch.context() as patched:
        replace_search(patched, fail)
        work.step()
    replace_search(monkeypatch, lambda *_, **__: NO_PLAN)
    work.step()

    assert (read(bad).status, read(bad).sentence) == (PlanStatus.FAILED, FAULT)
    assert [record.message for record in caplog.records] == ["plans.fault"]
    assert read(good).status == PlanStatus.IMPOSSIBLE


def test_a_brief_whose_days_are_over_fails_with_the_reason(
    work: PlanWorker, store: Store, read: Read, clock: ManualClock
):
    name = store()
    clock.advance(timedelta(days=9))
    work.step()

    assert read(name).status == PlanStatus.FAILED
    assert "no future slot" in (read(name).sentence or "")


def test_expired_plans_are_deleted_once_an_hour(
    work: PlanWorker, store: Store, context: AppContext, clock: ManualClock, monkeypatch
):
    deleted: list[timedelta] = []
    start = clock.now
    monkeypatch.setattr(
        plan_worker, "delete_expired_plans", lambda _, now: deleted.append(now - start)
    )
    for minutes in (0, 59, 1, 59):
        clock.advance(timedelta(minutes=minutes))
        work.step()
    assert deleted == [timedelta(0), timedelta(hours=1)]

    monkeypatch.undo()
    store()
    clock.advance(RETENTION)
    work.step()
    with database.reading(context.engine) as connection:
        assert connection.execute(plans.kept_plans.select()).all() == []


LOST = OperationalError("SELECT 1", {}, Exception("no connection to secret.example"))


@pytest.mark.parametrize("error", [LOST, PoolTimeout("no free connection")])
def test_a_lost_database_is_logged_once_and_the_work_continues_when_it_is_back(
    error: Exception, context: AppContext, monkeypatch, caplog: pytest.LogCaptureFixture
):
    work = PlanWorker(lambda: context)
    results: list[Exception | bool] = [error, error, False, error]

    def step() -> bool:
        if not results:
            work.stop()
            return False
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(plan_worker, "POLL_EVERY_S", 0.0)
    monkeypatch.setattr(work, "step", step)
    with caplog.at_level(logging.WARNING):
        work.follow()

    assert [record.message for record in caplog.records] == ["plans.database_lost"] * 2
    assert "secret" not in caplog.text


def test_the_thread_works_until_it_is_stopped(
    store: Store, read: Read, context: AppContext, monkeypatch
):
    name, finished, work = store(), threading.Event(), PlanWorker(lambda: context)
    finish = plan_queue.finish_plan

    def finish_and_report(*given: Any) -> bool:
        finished.set()
        return finish(*given)

    monkeypatch.setattr(plan_worker, "POLL_EVERY_S", 0.001)
    monkeypatch.setattr(plan_queue, "finish_plan", finish_and_report)
    replace_search(monkeypatch, lambda *_, **__: NO_PLAN)
    thread = threading.Thread(target=work.follow)
    thread.start()
    assert finished.wait(60)
    work.stop()
    thread.join(60)

    assert not thread.is_alive()
    assert read(name).status == PlanStatus.IMPOSSIBLE
