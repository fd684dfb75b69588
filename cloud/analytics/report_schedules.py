"""When a user receives a saved view by e-mail: weekly or monthly, by the user's clock."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Index, Integer, String, Table, delete, select

from cloud import database

MONTH_DAYS: Final = 31

report_schedules = Table(
    "report_schedules",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("view", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("every", String(8), nullable=False),
    Column("day", Integer, nullable=False),  # of the week, 1 is Monday, or of the month
    Column("hour", Integer, nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Index("uq_report_schedules_view", "view", "user", unique=True),
    Index("ix_report_schedules_user", "user"),
)


class ReportInterval(StrEnum):
    """How often a report is sent."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class ReportTiming:
    """`day` is a weekday (1 is Monday) or a day of the month (1 to 28); `hour` is local."""

    every: ReportInterval
    day: int
    hour: int

    def last_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The latest instant at which a report was due, not after `now`."""
        day = now.astimezone(zone).date()
        for back in range(MONTH_DAYS + 2):
            at = self._at(day - timedelta(days=back), zone)
            if at is not None and at <= now:
                return at
        raise AssertionError("every month has days 1 to 28")

    def _at(self, day: date, zone: ZoneInfo) -> datetime | None:
        is_weekly = self.every is ReportInterval.WEEKLY
        if self.day != (day.isoweekday() if is_weekly else day.day):
            return None
        return datetime.combine(day, time(self.hour), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """A view that is sent to a user."""

    id: str
    view: str
    user: str
    timing: ReportTiming
    created_at: datetime


def set_schedule(
    connection: Connection, view: str, user: str, timing: ReportTiming, now: datetime
) -> ReportSchedule:
    """Store when a user receives a view, in place of what was stored."""
    remove_schedule(connection, view, user)
    schedule = ReportSchedule(secrets.token_hex(16), view, user, timing, now)
    connection.execute(
        report_schedules.insert().values(
            id=schedule.id, view=view, user=user, every=timing.every.value, day=timing.day,
            hour=timing.hour, created_at=now,
        )
    )  # fmt: skip
    return schedule


def remove_schedule(connection: Connection, view: str, user: str | None = None) -> int:
    """Stop sending a view to a user, or to all; returns to how many it was sent."""
    where = [report_schedules.c.view == view]
    if user is not None:
        where.append(report_schedules.c.user == user)
    return connection.execute(delete(report_schedules).where(*where)).rowcount


def read_schedules(connection: Connection, user: str | None = None) -> Sequence[ReportSchedule]:
    """The schedules of a user, or all."""
    wanted = select(report_schedules).order_by(report_schedules.c.id)
    if user is not None:
        wanted = wanted.where(report_schedules.c.user == user)
    return [_schedule(row) for row in connection.execute(wanted).mappings()]


def read_timings(connection: Connection, user: str) -> Mapping[str, ReportTiming]:
    """View to timing, for a user."""
    return {one.view: one.timing for one in read_schedules(connection, user)}


def _schedule(row: Any) -> ReportSchedule:
    timing = ReportTiming(ReportInterval(row["every"]), row["day"], row["hour"])
    return ReportSchedule(row["id"], row["view"], row["user"], timing, row["created_at"])
