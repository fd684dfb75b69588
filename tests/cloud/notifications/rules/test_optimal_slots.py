"""A plan of each brief once a day; the first and a better one are announced."""

from datetime import datetime, timedelta

import msgspec
import pytest

from cloud.app.audit_tables import compare_tables
from cloud.database import reading, writing
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.rules.optimal_slots import find_optimal_slots, is_better
from cloud.sales.plan_queue import PlanResult, claim_plan, finish_plan
from cloud.sales.plans import PlanStatus, find_plans, remove_plan
from cloud.sales.saved_briefs import list_all_briefs
from tests.cloud.notifications.notice_world import HOUR, NOON, NoticeWorld, by
from tests.cloud.notifications.rules.test_price_drops import save
from tests.cloud.rates import sites

DAY = timedelta(days=1)


def find(world: NoticeWorld, now: datetime = NOON) -> list:
    with writing(world.engine) as connection:
        return list(find_optimal_slots(connection, sites(), now))


def complete(world: NoticeWorld, value: float, now: datetime = NOON) -> None:
    """What the worker of an API process does."""
    line = {"location": "KX-01", "positions": 1}
    answer = {"value": value, "unit": "attentive impressions", "currency": "GBP",
              "cost": "80.00", "lines": [line, line]}  # fmt: skip
    result = PlanResult(PlanStatus.DONE, msgspec.json.encode(answer), b"{}")
    with writing(world.engine) as connection:
        claimed = claim_plan(connection, "w", now)
        assert claimed is not None
        assert finish_plan(connection, claimed.id, "w", now, result)


@pytest.fixture
def wanted(world: NoticeWorld) -> NoticeWorld:
    world.choose(world.ann, by(NoticeChannel.EMAIL, NoticeTopic.OPTIMAL_SLOTS))
    save(world)
    return world


def test_the_first_plan_is_announced_once(wanted: NoticeWorld) -> None:
    assert find(wanted) == []
    complete(wanted, 500.0)
    (event,) = find(wanted, NOON + HOUR)
    assert event.title == "The best slots for Winter tea"
    facts = {fact.label: fact.text for fact in event.facts}
    assert facts["Slots"] == "2 on 1 screen"
    assert facts["Cost"] == "GBP 80.00"
    assert facts["Worth"] == "500 attentive impressions"
    with reading(wanted.engine) as connection:
        (saved,) = list_all_briefs(connection)
    assert event.path == f"/api/pricing/plans/{saved.plan}"
    assert find(wanted, NOON + 2 * HOUR) == []


def test_a_plan_a_day_replaces_the_one_before_and_is_announced_where_it_is_better(
    wanted: NoticeWorld,
) -> None:
    announced = []
    for day, value in enumerate((500.0, 510.0, 540.0, 400.0)):
        now = NOON + day * DAY
        announced.append(len(find(wanted, now)))
        complete(wanted, value, now)
        announced.append(len(find(wanted, now + HOUR)))
    assert announced == [0, 1, 0, 0, 0, 1, 0, 0]
    with reading(wanted.engine) as connection:
        assert len(find_plans(connection, {"acme"}, NOON + 3 * DAY, after=None, most=9)) == 1
        # only the plans are audited here: the tests complete them without their entries
        found = compare_tables(connection, NOON + 3 * DAY)
    assert [one for one in found if "entry that it is kept" in one or "missing" in one] == []


def test_no_plan_is_computed_for_a_brief_that_nobody_asks_about(world: NoticeWorld) -> None:
    save(world)
    assert find(world) == []
    with reading(world.engine) as connection:
        assert find_plans(connection, None, NOON, after=None, most=9) == []


def test_a_deleted_plan_is_computed_again(wanted: NoticeWorld) -> None:
    find(wanted)
    with writing(wanted.engine) as connection:
        (saved,) = list_all_briefs(connection)
        assert saved.plan is not None
        remove_plan(connection, saved.plan, {"acme"}, NOON)
    find(wanted, NOON + HOUR)
    complete(wanted, 1.0, NOON + HOUR)


@pytest.mark.parametrize(
    ("value", "best", "is_news"),
    [(0.0, None, False), (1.0, None, True), (104.9, 100.0, False), (105.0, 100.0, True)],
)
def test_a_gain_of_a_twentieth_is_news(value: float, best: float | None, is_news: bool) -> None:
    assert is_better(value, best) is is_news
