"""Screens for the explorer and the planner: measured, partly measured, not measured, nearly full.

Three weeks of hours follow the usual week of a station. LB-01 was not observed at night, BA-01 and
ST-01 never. Some coming hours are taken, and WA-01 is closed for a day.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.app.context import AppContext
from cloud.booking.inventory.blackouts import Blackout, BlackoutKind, store_blackout
from cloud.database.bookings import booking_slots
from cloud.forecast.venue_profiles import SATURDAY, SUNDAY, WEEKDAY
from cloud.planning.plan_request import StoredPlanRequest
from cloud.planning.plan_worker import PlanWorker
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.offer import Offer
from cloud.pricing.optimise.plan import Outcome
from cloud.pricing.optimise.search import optimise
from cloud.sales.plans import insert_plan
from cloud.sales.saved_briefs import SavedBrief, insert_brief
from tests.cloud.rates import CARD, sites

HOUR_MS = 3_600_000
DAYS = 22
PEOPLE = {"KX-01": 900, "LB-01": 620, "WA-01": 1_100, "OX-01": 1_300, "CW-01": 310, "LS-01": 380}
"""Entries in an average hour."""
POSITIONS = 6
ACCOUNT, PLAN, BRIEF = "acme", "a1" * 16, "b2" * 16


def seed(engine: Engine, now: datetime) -> dict[str, str]:
    """Store the history up to `now`, what is taken after it, a saved brief and its plan."""
    brief = _brief(now)
    with database.writing(engine) as connection:
        connection.execute(database.hour_tallies.insert(), list(_history(now)))
        connection.execute(booking_slots.insert(), list(_taken(now)))
        _close(connection, now)
        insert_plan(connection, PLAN, ACCOUNT, "Bob", brief, now)
        insert_brief(connection, SavedBrief(BRIEF, ACCOUNT, "Winter tea", brief, "Bob", now))
    with patch("cloud.planning.plan_worker.optimise_in_subprocess", _optimise_here):
        PlanWorker(lambda: AppContext(engine, sites(), CARD, lambda: now)).step()
    hour = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=8, minute=0, second=0)
    explained = f"screens=KX-01&hour=KX-01@{hour:%Y-%m-%dT%H:%M:%SZ}"
    return {"/plan/$id": f"/plan/{PLAN}", "/explore": f"/explore?{explained}"}


def _optimise_here(brief: Brief, offer: Offer, **_: object) -> Outcome:
    """In this process: another one loads the solver for two seconds."""
    return optimise(brief, offer)


def _brief(now: datetime) -> str:
    first_on = now.date() + timedelta(days=1)
    asked = StoredPlanRequest.model_validate(
        {
            "budget": "900.00",
            "from": first_on,
            "until": first_on + timedelta(days=2),
            "dayparts": [{"from_hour": 6, "to_hour": 22}],
            "locations": ["KX-01", "CW-01"],
        }
    )
    return asked.model_dump_json(by_alias=True)


def _history(now: datetime) -> Iterator[dict[str, Any]]:
    until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for location, people in PEOPLE.items():
        for age in range(1, 24 * DAYS):
            at = until - timedelta(hours=age)
            if location == "LB-01" and at.hour < 6:
                continue
            yield _hour(location, at, people)


def _hour(location: str, at: datetime, people: int) -> dict[str, Any]:
    shape = (SATURDAY, SUNDAY)[at.weekday() - 5] if at.weekday() > 4 else WEEKDAY
    wave = 1 + ((at.toordinal() * 7 + at.hour * 3) % 11 - 5) / 40
    entries = round(people * shape[at.hour] * wave)
    return {
        "location": location,
        "device": f"{location.lower()}-cam-1",
        "hour_at": int(at.timestamp()),
        "reports": 60,
        "interval_ms": HOUR_MS,
        "observed_ms": HOUR_MS,
        "entries": entries,
        "visits": entries,
        "onlookers": round(entries * 0.22),
        "person_ms": entries * 9_000,
        "facing_ms": entries * 1_400,
        "looking_ms": entries * 700,
        "dwell_ms": entries * 9_000,
    }


def _taken(now: datetime) -> Iterator[dict[str, Any]]:
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for ahead in range(2, 24 * 10):
        at = first + timedelta(hours=ahead)
        used = {7: 4, 8: 6, 9: 3, 17: 5, 18: 6}.get(at.hour, ahead % 3)
        if at.weekday() < 5 and used:
            yield {
                "location": "OX-01", "hour_at": int(at.timestamp()),
                "capacity": POSITIONS, "used": used,
            }  # fmt: skip


def _close(connection: Connection, now: datetime) -> None:
    starts_at = (now + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    closed = Blackout(
        id=0,
        location="WA-01",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=1),
        kind=BlackoutKind.MAINTENANCE,
        reason="the panel is replaced",
        created_by="Mary Poole",
        created_at=now,
    )
    store_blackout(connection, closed)
