"""Six weeks of attention for the pages of analytics: rates that differ, and hours not observed.

Hours that are stored already keep their visits and get viewers of these rates. OX-01 leads on few
days, CW-01 and WA-01 miss nights, BA-01 and ST-01 were never observed. Three views are saved.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.analytics.saved_views import AnalyticsPage, ViewContent, insert_view
from cloud.database import insert
from cloud.forecast.venue_profiles import SATURDAY, SUNDAY, WEEKDAY

HOUR_MS: Final = 3_600_000
DAYS: Final = 42
GROUPS: Final = (
    ("18-24", "female", 0.12, 0.30), ("18-24", "male", 0.10, 0.27),
    ("25-34", "female", 0.16, 0.26), ("25-34", "male", 0.15, 0.22),
    ("35-44", "female", 0.11, 0.19), ("35-44", "male", 0.10, 0.17),
    ("45-54", "male", 0.04, 0.15), ("55+", "female", 0.00003, 0.1),
    ("unknown", "unknown", 0.2, 0.2),
)  # fmt: skip
"""Age, gender, part of the visits, and attention rate."""


@dataclass(frozen=True)
class SeededSite:
    """Visits of a usual hour, the attention rate, on how many days, and hours without pictures."""

    location: str
    visits: int
    rate: float
    days: int = DAYS
    unobserved: tuple[int, ...] = ()


SITES: Final = (
    SeededSite("KX-01", 900, 0.19),
    SeededSite("LB-01", 620, 0.24),
    SeededSite("WA-01", 1_100, 0.16, unobserved=(2, 3, 4)),
    SeededSite("OX-01", 1_300, 0.31, days=8),
    SeededSite("CW-01", 310, 0.22, unobserved=(0, 1, 2, 3, 4, 5, 22, 23)),
)


def seed(engine: Engine, now: datetime) -> None:
    """Store what the pages of analytics show."""
    chance = random.Random(17)
    with database.writing(engine) as connection:
        _store_hours(connection, list(_history(now, chance)))
        connection.execute(database.venue_demographics.insert(), list(_groups(now)))
        _save_views(connection, now)


def _store_hours(connection: Connection, rows: list[dict[str, Any]]) -> None:
    into = insert(connection.dialect.name, database.hour_tallies)
    viewers = {name: into.excluded[name] for name in ("onlookers", "facing_ms", "looking_ms")}
    keys = ["location", "hour_at", "device"]
    connection.execute(into.on_conflict_do_update(index_elements=keys, set_=viewers), rows)


def _history(now: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for site in SITES:
        for day in range(site.days):
            mood = chance.gauss(1.0, 0.12)
            for hour in range(24):
                at = until - timedelta(hours=24 * day + hour + 1)
                if at.hour not in site.unobserved:
                    yield _hour(site, at, mood)


def _hour(site: SeededSite, at: datetime, mood: float) -> dict[str, Any]:
    shape = (SATURDAY, SUNDAY)[at.weekday() - 5] if at.weekday() > 4 else WEEKDAY
    visits = round(site.visits * shape[at.hour])
    looking = site.rate * mood * (1.25 if 11 <= at.hour < 15 else 1.0)
    viewers = min(visits, round(visits * looking))
    return {
        "location": site.location, "device": f"{site.location.lower()}-cam-1",
        "hour_at": int(at.timestamp()), "reports": 120, "interval_ms": HOUR_MS,
        "observed_ms": HOUR_MS, "entries": visits, "visits": visits, "onlookers": viewers,
        "person_ms": visits * 9_000, "facing_ms": viewers * 4_000, "looking_ms": viewers * 3_200,
        "dwell_ms": visits * 9_000,
    }  # fmt: skip


def _groups(now: datetime) -> Iterator[dict[str, Any]]:
    noon = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for day in range(1, DAYS):
        for age, gender, part, rate in GROUPS:
            visits = round(9_000 * part * (1 + (day % 5 - 2) / 20)) or int(day % 9 == 0)
            yield {
                "hour_at": int((noon - timedelta(days=day)).timestamp()), "venue_type": "10503",
                "age": age, "gender": gender, "lane": 0, "visits": visits,
                "onlookers": round(visits * rate * (1 + (day % 7 - 3) / 40)),
            }  # fmt: skip


def _save_views(connection: Connection, now: datetime) -> None:
    mornings = ViewContent(
        "Stations, weekday mornings", AnalyticsPage.MAP,
        "days=28&hour_from=7&hour_until=10&weekday=1%2C2%2C3%2C4%2C5", shared=True,
    )  # fmt: skip
    weekends = ViewContent("Weekends by hour", AnalyticsPage.TIME, "weekday=6%2C7", shared=True)
    for content in (mornings, weekends):
        insert_view(connection, content, "seed", "owner", now)
    returns = ViewContent("What we got for our money", AnalyticsPage.CAMPAIGNS, "", shared=True)
    insert_view(connection, returns, "seed", "acme", now)
