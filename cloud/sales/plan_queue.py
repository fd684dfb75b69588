"""The queue of stored plans: any process claims the plan that has waited longest.

The process that computes a plan may die. Its claim is valid for two minutes and must be renewed; a
plan whose claim has expired is claimed again, three times at most.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from cloud.sales.plans import (
    WAITING_STAGE,
    PlanStatus,
    StoredPlan,
    kept_plans,
    plan_from_row,
    select_plans,
)

CLAIM_FOR: Final = timedelta(minutes=2)
MAX_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class PlanResult:
    """The answer of a plan, and the versions that it is based on; both are JSON."""

    status: PlanStatus
    answer: bytes
    versions: bytes


def has_unclaimed_plan(connection: Connection, now: datetime) -> bool:
    """Whether a plan waits that no process has claimed."""
    return (
        connection.execute(select(kept_plans.c.id).where(_unclaimed(now)).limit(1)).first()
        is not None
    )


def claim_plan(connection: Connection, turn: str, now: datetime) -> StoredPlan | None:
    """Claim the plan that has waited longest; None when there is none."""
    columns = kept_plans.c
    next_one = (
        select_plans()
        .where(_unclaimed(now))
        .order_by(columns.kept_at, columns.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(next_one).mappings().first()
    if row is None:
        return None
    held: dict[str, Any] = {
        "status": PlanStatus.WORKING,
        "stage": "reading prices",
        "turn": turn,
        "held_until": now + CLAIM_FOR,
        "turns": row["turns"] + 1,
    }
    connection.execute(update(kept_plans).where(columns.id == row["id"]).values(held))
    return plan_from_row({**row, **held})


def renew_claim(
    connection: Connection, name: str, turn: str, now: datetime, stage: str, done: float
) -> bool:
    """Record the progress and extend the claim; False when it was removed or taken over."""
    change = {"stage": stage[:60], "done": done, "held_until": now + CLAIM_FOR}
    done_to = update(kept_plans).where(_claimed(name, turn)).values(change)
    return connection.execute(done_to).rowcount == 1


def release_claim(connection: Connection, name: str, turn: str) -> None:
    """Let another process claim the plan at once, as if this one never had."""
    change = {
        "status": PlanStatus.WAITING,
        "stage": WAITING_STAGE,
        "done": 0.0,
        "turn": None,
        "held_until": None,
        "turns": kept_plans.c.turns - 1,
    }
    connection.execute(update(kept_plans).where(_claimed(name, turn)).values(change))


def finish_plan(
    connection: Connection, name: str, turn: str, now: datetime, outcome: PlanResult | str
) -> bool:
    """Store the answer, or the reason why there is none; False without the claim."""
    change: dict[str, Any] = {"done": 1.0, "finished_at": now, "turn": None, "held_until": None}
    if isinstance(outcome, str):
        change |= {"status": PlanStatus.FAILED, "stage": "failed", "sentence": outcome}
    else:
        answer, versions = (zlib.compress(one) for one in (outcome.answer, outcome.versions))
        change |= {"status": outcome.status, "stage": "finished"}
        change |= {"answer": answer, "versions": versions}
    finished = update(kept_plans).where(_claimed(name, turn)).values(change)
    return connection.execute(finished).rowcount == 1


def _claimed(name: str, turn: str) -> ColumnElement[bool]:
    return and_(kept_plans.c.id == name, kept_plans.c.turn == turn)


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    columns = kept_plans.c
    abandoned = and_(columns.status == PlanStatus.WORKING, columns.held_until <= now)
    return and_(columns.expires_at > now, or_(columns.status == PlanStatus.WAITING, abandoned))
