"""The best slots for saved briefs: a plan of each brief is computed once a day.

The plan is put in the queue of stored plans, which every API process works on, in place of the
plan before. Users are notified of the first plan, and of one that is worth a twentieth more.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.auth import audit
from cloud.money import minor, written
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.current_briefs import read_current_briefs
from cloud.notifications.rules.interest import is_wanted
from cloud.planning.stored_plans import translate_answer
from cloud.sales.plans import (
    PlanStatus,
    StoredPlan,
    TooManyPlans,
    UnknownPlan,
    find_plan,
    insert_plan,
    new_plan_id,
    read_plan_answer,
    remove_plan,
)
from cloud.sales.saved_briefs import SavedBrief, set_judged, set_plan
from cloud.sites.sites import Sites

EVERY: Final = timedelta(days=1)
MIN_GAIN: Final = 0.05
BY: Final = "plan of a saved brief"


def find_optimal_slots(
    connection: Connection, _sites: Sites, now: datetime
) -> Iterator[NoticeEvent]:
    """The briefs with a plan that is better than the last one; puts due plans in the queue."""
    for saved, _ in read_current_briefs(connection, now):
        if not is_wanted(connection, _make(saved, now)):
            continue
        plan = _find_plan(connection, saved, now)
        event = None if plan is None else _judge(connection, saved, plan, now)
        if event is not None:
            yield event
        is_due = saved.planned_at is None or now - saved.planned_at >= EVERY
        if is_due or (plan is None and saved.plan is not None):
            _replan(connection, saved, now)


def is_better(value: float, best: float | None) -> bool:
    """Whether a plan is worth a notification."""
    return value > 0 and (best is None or value >= best * (1 + MIN_GAIN))


def _find_plan(connection: Connection, saved: SavedBrief, now: datetime) -> StoredPlan | None:
    if saved.plan is None:
        return None
    try:
        return find_plan(connection, saved.plan, {saved.account}, now)
    except UnknownPlan:  # it was deleted
        return None


def _judge(
    connection: Connection, saved: SavedBrief, plan: StoredPlan, now: datetime
) -> NoticeEvent | None:
    """The event of a plan that was not compared before and is better."""
    if plan.status is not PlanStatus.DONE or plan.id == saved.judged_plan:
        return None
    answer, _ = read_plan_answer(connection, plan.id)
    if answer is None:
        return None
    found = msgspec.json.decode(translate_answer(answer), type=dict[str, Any])
    value = float(found["value"])
    is_news = is_better(value, saved.best_value)
    set_judged(connection, saved.id, plan.id, value if is_news else saved.best_value)
    return _describe(saved, plan, found, now) if is_news else None


def _replan(connection: Connection, saved: SavedBrief, now: datetime) -> None:
    """Compute another plan in place of the present one, which does not count any more."""
    if saved.plan is not None:
        _drop(connection, saved.account, saved.plan, now)
    plan = new_plan_id()
    try:
        stored = insert_plan(connection, plan, saved.account, BY, saved.question, now)
    except TooManyPlans:  # the account's own plans come first: tomorrow again
        return
    set_plan(connection, saved.id, plan, now)
    details = {
        "account": saved.account,
        "brief": saved.id,
        "question": hashlib.sha256(saved.question.encode()).hexdigest(),
        "expires_at": stored.expires_at.isoformat(),
    }
    _record(connection, "plan.keep", plan, details, now)


def _drop(connection: Connection, account: str, plan: str, now: datetime) -> None:
    try:
        gone = remove_plan(connection, plan, {account}, now)
    except UnknownPlan:  # it was deleted
        return
    _record(connection, "plan.drop", plan, {"account": account, "status": gone.status}, now)


def _record(
    connection: Connection, action: str, plan: str, details: dict[str, Any], now: datetime
) -> None:
    audit.record_change(connection, at=now, actor=BY, action=action, about=plan, details=details)


def _describe(
    saved: SavedBrief, plan: StoredPlan, found: Mapping[str, Any], now: datetime
) -> NoticeEvent:
    lines, currency = found["lines"], found["currency"]
    screens = {line["location"] for line in lines}
    cost = written(minor(Decimal(str(found["cost"])), currency), currency)
    facts = (
        Fact("Brief", saved.name),
        Fact("Slots", f"{len(lines)} on {len(screens)} screen{'' if len(screens) == 1 else 's'}"),
        Fact("Cost", f"{currency} {cost}"),
        Fact("Worth", f"{float(found['value']):,.0f} {found['unit']}"),
    )
    return _make(saved, now, f"The best slots for {saved.name}", facts, plan.id)


def _make(
    saved: SavedBrief,
    now: datetime,
    title: str = "",
    facts: tuple[Fact, ...] = (),
    plan: str = "",
) -> NoticeEvent:
    return NoticeEvent(
        kind=NoticeTopic.OPTIMAL_SLOTS,
        key=f"{saved.id}:{plan}",
        account=saved.account,
        at=now,
        title=title,
        facts=facts,
        path=f"/api/pricing/plans/{plan}",
        subject=saved.id,
    )
