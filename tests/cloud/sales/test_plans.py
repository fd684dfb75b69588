"""Stored plans: whose they are, how many an account may have, and when they expire."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.sales.plans import (
    MAX_STORED,
    MAX_UNFINISHED,
    RETENTION,
    PlanPosition,
    PlanStatus,
    TooManyPlans,
    UnknownPlan,
    delete_expired_plans,
    find_plan,
    find_plans,
    insert_plan,
    kept_plans,
    new_plan_id,
    read_plan_answer,
    remove_plan,
)
from tests.cloud.memory_database import in_memory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def plan_id(number: int) -> str:
    return f"{number:032x}"


def insert(connection: Connection, number: int, account: str = "acme", now: datetime = NOON):
    return insert_plan(connection, plan_id(number), account, "ann", "{}", now)


def test_a_new_plan_waits_and_has_no_answer():
    with in_memory(kept_plans) as connection:
        plan = insert(connection, 1)
        assert find_plan(connection, plan.id, {"acme"}, NOON) == plan
        assert read_plan_answer(connection, plan.id) == (None, None)
    assert (plan.status, plan.done, plan.turns) == (PlanStatus.WAITING, 0.0, 0)
    assert (plan.kept_at, plan.expires_at) == (NOON, NOON + RETENTION)


def test_a_plan_of_another_account_and_one_that_never_existed_are_the_same_error():
    with in_memory(kept_plans) as connection:
        insert(connection, 1)
        errors = []
        for name, account in ((plan_id(1), "bolt"), (plan_id(2), "acme"), (plan_id(1), "")):
            with pytest.raises(UnknownPlan) as refused:
                find_plan(connection, name, {account}, NOON)
            errors.append(str(refused.value))
        assert set(errors) == {
            "no plan of yours has that id: GET /api/pricing/plans lists your plans"
        }
        assert find_plan(connection, plan_id(1), None, NOON).account == "acme"


@pytest.mark.parametrize("name", ["", "x", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "\n", "%" * 32])
def test_an_id_of_another_form_is_unknown(name):
    with in_memory(kept_plans) as connection, pytest.raises(UnknownPlan):
        find_plan(connection, name, None, NOON)


def test_a_plan_expires_with_its_retention():
    with in_memory(kept_plans) as connection:
        insert(connection, 1)
        last = NOON + RETENTION - SECOND
        assert find_plan(connection, plan_id(1), {"acme"}, last).id == plan_id(1)
        with pytest.raises(UnknownPlan):
            find_plan(connection, plan_id(1), {"acme"}, NOON + RETENTION)
        assert find_plans(connection, None, NOON + RETENTION, after=None, most=9) == []
        assert delete_expired_plans(connection, last) == 0
        assert delete_expired_plans(connection, NOON + RETENTION) == 1


def test_inserting_deletes_expired_plans():
    with in_memory(kept_plans) as connection:
        insert(connection, 1)
        insert(connection, 2, "bolt", NOON + RETENTION)
        assert delete_expired_plans(connection, NOON + RETENTION) == 0


def test_removing_a_plan_returns_it_and_leaves_the_others():
    with in_memory(kept_plans) as connection:
        plan, other = insert(connection, 1), insert(connection, 2)
        with pytest.raises(UnknownPlan):
            remove_plan(connection, plan.id, {"bolt"}, NOON)
        assert remove_plan(connection, plan.id, {"acme"}, NOON) == plan
        assert find_plans(connection, {"acme"}, NOON, after=None, most=9) == [other]
        with pytest.raises(UnknownPlan):
            remove_plan(connection, plan.id, {"acme"}, NOON)


def test_pages_list_the_latest_first_and_miss_none_of_one_instant():
    with in_memory(kept_plans) as connection:
        for number, account in ((1, "acme"), (2, "acme"), (3, "bolt"), (4, "acme")):
            insert(connection, number, account)
        insert(connection, 5, "acme", NOON + SECOND)
        found, after = [], None
        while page := find_plans(connection, {"acme"}, NOON, after=after, most=2):
            found += page
            after = PlanPosition(page[-1].kept_at, page[-1].id)
    assert [plan.id for plan in found] == [plan_id(number) for number in (5, 4, 2, 1)]


def test_an_account_waits_for_a_limited_number_of_plans():
    with in_memory(kept_plans) as connection:
        for number in range(MAX_UNFINISHED):
            insert(connection, number)
        with pytest.raises(TooManyPlans, match=f"^{MAX_UNFINISHED} of your plans .* wait for one"):
            insert(connection, 99)
        insert(connection, 99, "bolt")


def test_an_account_stores_a_limited_number_of_plans():
    with in_memory(kept_plans) as connection:
        for number in range(MAX_STORED):
            insert(connection, number)
            connection.execute(kept_plans.update().values(status=PlanStatus.DONE))
        with pytest.raises(TooManyPlans, match=f"^{MAX_STORED} plans .* DELETE those"):
            insert(connection, 999)


def test_new_ids_have_128_random_bits_and_are_accepted():
    ids = {new_plan_id() for _ in range(100)}
    assert len(ids) == 100
    assert {len(one) for one in ids} == {32}
    with in_memory(kept_plans) as connection:
        name = ids.pop()
        insert_plan(connection, name, "acme", "ann", "{}", NOON)
        assert find_plan(connection, name, {"acme"}, NOON).id == name


def test_a_plan_that_does_not_exist_has_no_answer():
    with in_memory(kept_plans) as connection:
        assert read_plan_answer(connection, plan_id(1)) == (None, None)
