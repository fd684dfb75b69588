"""Mutes: for a while, matching alerts are raised and recorded, and nobody is notified.

A mute ends at `until_at`, or earlier by hand. An alert that is still open then is notified; one
that was raised and cleared during the mute is not. `notifications` defers by what is found here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.database import alert_mutes


class UnknownMute(LookupError):  # noqa: N818 - reads as what happened
    """A mute that does not exist."""


@dataclass(frozen=True, slots=True)
class MuteFilter:
    """The alerts of a mute: `kind` is a kind or its beginning; an empty field admits every one."""

    kind: str = ""
    location: str = ""
    device: str = ""

    def matches(self, kind: str, location: str, device: str) -> bool:
        """Whether an alert is muted."""
        return (
            kind.startswith(self.kind)
            and self.location in ("", location)
            and self.device in ("", device)
        )


@dataclass(frozen=True, slots=True)
class AlertMute:
    """One stored mute."""

    id: int
    filter: MuteFilter
    reason: str
    created_at: datetime
    created_by: str
    until_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether it mutes at `now`."""
        return self.ended_at is None and self.created_at <= now < self.until_at


def read_active_mutes(connection: Connection, now: datetime) -> list[AlertMute]:
    """The mutes that are active at `now`, by their numbers."""
    columns = alert_mutes.c
    query = select(alert_mutes).where(columns.ended_at.is_(None), columns.until_at > now)
    found = [_to_mute(row) for row in connection.execute(query.order_by(columns.id))]
    return [one for one in found if one.is_active(now)]


def list_mutes(connection: Connection, *, before: int | None = None, most: int) -> list[AlertMute]:
    """All mutes, also those that have ended, the newest first."""
    query = select(alert_mutes).order_by(alert_mutes.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(alert_mutes.c.id < before)
    return [_to_mute(row) for row in connection.execute(query)]


def read_mute(connection: Connection, number: int) -> AlertMute:
    """One mute, or UnknownMute."""
    found = connection.execute(select(alert_mutes).where(alert_mutes.c.id == number)).one_or_none()
    if found is None:
        raise UnknownMute(f"no mute {number}: GET /api/alert-mutes lists those there are")
    return _to_mute(found)


def find_muted_until(
    mutes: Iterable[AlertMute], kind: str, location: str, device: str
) -> datetime | None:
    """When the last of the mutes that match an alert ends; None without one."""
    ends: Sequence[datetime] = [
        one.until_at for one in mutes if one.filter.matches(kind, location, device)
    ]
    return max(ends, default=None)


def _to_mute(row: Row[Any]) -> AlertMute:
    return AlertMute(
        row.id, MuteFilter(row.kind, row.location, row.device), row.reason, row.created_at,
        row.created_by, row.until_at, row.ended_at, row.ended_by,
    )  # fmt: skip
