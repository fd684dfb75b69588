"""The queue of plans: each is claimed by one process, and again when that process has died."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.sales.plan_queue import (
    CLAIM_FOR,
    PlanResult,
    claim_plan,
    finish_plan,
    has_unclaimed_plan,
    release_claim,
    renew_claim,
)
from cloud.sales.plans import (
    RETENTION,
    PlanPosition,
    PlanStatus,
    find_plan,
    find_plans,
    insert_plan,
    kept_plans,
    read_plan_answer,
)
from tests.cloud.memory_database import in_memory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DONE = PlanResult(PlanStatus.DONE, b'{"a":1}', b"{}")


def test_each_waiting_plan_is_claimed_by_one_process(engine: Engine):
    """On both databases; and what one holds, no other may finish."""
    with database.writing(engine) as connection:
        for number in range(6):
            insert_plan(connection, f"{number:032x}", f"a{number}", "me", "{}", NOON)
    ready, claimed = threading.Barrier(3), []

    def process(turn: str) -> None:
        ready.wait()
        while True:
            with database.writing(engine) as connection:
                plan = claim_plan(connection, turn, NOON)
            if plan is None:
                return
            claimed.append(plan.id)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(process, ("a", "b", "c")))
    assert sorted(claimed) == [f"{number:032x}" for number in range(6)]
    with database.writing(engine) as connection:
        mine = f"{0:032x}"
        assert not finish_plan(connection, mine, "nobody", NOON, "no")
        assert not renew_claim(connection, mine, "nobody", NOON, "x", 0.1)
        late = NOON + CLAIM_FOR
        again = claim_plan(connection, "d", late)
        assert again is not None
        done = PlanResult(PlanStatus.DONE, b'{"a":1}', b"{}")
        assert finish_plan(connection, again.id, "d", late, done)
        assert read_plan_answer(connection, again.id) == (b'{"a":1}', b"{}")
        shown = find_plans(connection, None, late, after=None, most=9)
        after = PlanPosition(shown[2].kept_at, shown[2].id)
        assert find_plans(connection, None, late, after=after, most=9) == shown[3:]


def insert(connection: Connection, number: int, now: datetime = NOON) -> str:
    return insert_plan(connection, f"{number:032x}", f"a{number}", "ann", "{}", now).id


def test_the_plan_that_has_waited_longest_is_claimed_first():
    with in_memory(kept_plans) as connection:
        second, first = insert(connection, 1, NOON), insert(connection, 2, NOON - SECOND)
        claimed = [claim_plan(connection, "a", NOON) for _ in range(3)]
    assert [one and one.id for one in claimed] == [first, second, None]
    assert claimed[0] is not None
    assert (claimed[0].status, claimed[0].turns) == (PlanStatus.WORKING, 1)


def test_a_claim_ends_after_two_minutes_unless_it_is_renewed():
    with in_memory(kept_plans) as connection:
        name = insert(connection, 1)
        claim_plan(connection, "a", NOON)
        almost = NOON + CLAIM_FOR - SECOND
        assert not has_unclaimed_plan(connection, almost)
        assert renew_claim(connection, name, "a", almost, "s" * 99, 0.5)
        assert not has_unclaimed_plan(connection, almost + CLAIM_FOR - SECOND)
        assert has_unclaimed_plan(connection, almost + CLAIM_FOR)
        plan = find_plan(connection, name, None, almost)
    assert (plan.stage, plan.done, plan.turns) == ("s" * 60, 0.5, 1)


def test_the_process_whose_claim_was_taken_over_changes_nothing():
    with in_memory(kept_plans) as connection:
        name, late = insert(connection, 1), NOON + CLAIM_FOR
        claim_plan(connection, "a", NOON)
        again = claim_plan(connection, "b", late)
        assert again is not None
        assert again.turns == 2
        assert not renew_claim(connection, name, "a", late, "x", 0.9)
        assert not finish_plan(connection, name, "a", late, DONE)
        release_claim(connection, name, "a")
        assert find_plan(connection, name, None, late) == again


def test_a_released_plan_waits_as_if_it_had_never_been_claimed():
    with in_memory(kept_plans) as connection:
        name = insert(connection, 1)
        waiting = find_plan(connection, name, None, NOON)
        claim_plan(connection, "a", NOON)
        renew_claim(connection, name, "a", NOON, "rounding", 0.8)
        release_claim(connection, name, "a")
        assert find_plan(connection, name, None, NOON) == waiting
        assert has_unclaimed_plan(connection, NOON)


def test_a_failed_plan_has_the_reason_and_is_not_claimed_again():
    with in_memory(kept_plans) as connection:
        name = insert(connection, 1)
        claim_plan(connection, "a", NOON)
        assert finish_plan(connection, name, "a", NOON, "no forecast")
        plan = find_plan(connection, name, None, NOON)
        assert (plan.status, plan.stage, plan.done) == (PlanStatus.FAILED, "failed", 1.0)
        assert (plan.sentence, plan.finished_at) == ("no forecast", NOON)
        assert read_plan_answer(connection, name) == (None, None)
        assert not has_unclaimed_plan(connection, NOON + CLAIM_FOR)
        assert not finish_plan(connection, name, "a", NOON, DONE)


def test_an_expired_plan_is_not_claimed():
    with in_memory(kept_plans) as connection:
        insert(connection, 1)
        assert not has_unclaimed_plan(connection, NOON + RETENTION)
        assert claim_plan(connection, "a", NOON + RETENTION) is None
