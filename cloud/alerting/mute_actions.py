"""Operator actions on mutes: create one and end one. Both are entered in the audit log.

`MuteComparison` compares the table with these entries.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.alerting.actions import LONGEST_NOTE, AlertActionError
from cloud.alerting.deferral import defer_notifications, release_notifications
from cloud.alerting.mutes import AlertMute, MuteFilter, read_active_mutes, read_mute
from cloud.auth import audit
from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.database import alert_mutes

LONGEST_MUTE: Final = timedelta(days=30)
"""A repair takes days. What is muted for longer is forgotten: mute it again, with a reason."""


CREATED: Final = "alert.mute"
ENDED: Final = "alert.unmute"


class MuteEnded(AlertActionError):  # noqa: N818 - reads as what happened
    """A mute that is over."""


@dataclass(frozen=True, slots=True)
class NewMute:
    """A mute to create."""

    filter: MuteFilter
    until_at: datetime
    reason: str


def create_mute(connection: Connection, new: NewMute, *, actor: str, now: datetime) -> AlertMute:
    """Store a mute and defer the notifications of matching alerts that are still pending."""
    reason = _check(new, now)
    values = {"until_at": new.until_at, "reason": reason, "created_at": now}
    key = connection.execute(
        alert_mutes.insert(), {**asdict(new.filter), **values, "created_by": actor[:120]}
    ).inserted_primary_key
    assert key is not None
    defer_notifications(connection, new.filter, new.until_at)
    details = {**asdict(new.filter), "until": new.until_at.isoformat(), "reason": reason}
    _record(connection, CREATED, int(key[0]), actor, now, details)
    return read_mute(connection, int(key[0]))


def end_mute(connection: Connection, number: int, *, actor: str, now: datetime) -> AlertMute:
    """End a mute before its time: alerts that are still open are notified, unless muted otherwise.

    Raises:
        UnknownMute: there is none of that number.
        MuteEnded: it is over.
    """
    mute = read_mute(connection, number)
    if not mute.is_active(now):
        at = (mute.ended_at or mute.until_at).isoformat()
        raise MuteEnded(f"mute {number} ended at {at}: only an active mute can be ended")
    connection.execute(
        alert_mutes.update()
        .where(alert_mutes.c.id == number)
        .values(ended_at=now, ended_by=actor[:120])
    )
    others = read_active_mutes(connection, now)
    release_notifications(connection, mute, others, now)
    _record(connection, ENDED, number, actor, now, asdict(mute.filter))
    return read_mute(connection, number)


class MuteComparison:
    """`alert_mutes`: as they were created, and when they were ended by hand."""

    def __init__(self) -> None:
        self._created: dict[str, tuple[AuditEntry, Details]] = {}
        self._ended: dict[str, AuditEntry] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Read an entry; entries come in their order, the oldest first."""
        if entry.action == CREATED:
            self._created[entry.object] = entry, details
        elif entry.action == ENDED:
            self._ended[entry.object] = entry

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each row that differs from the log."""
        rows = {str(row["id"]): row for row in read_rows(connection, alert_mutes)}
        for number in sorted(rows.keys() | self._created.keys(), key=int):
            what = f"alert_mutes: mute {number}"
            if number not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[number]
            end = self._ended.get(number)
            ended = {} if end is None else {"ended_at": end.at, "ended_by": end.actor}
            wanted = {name: details[name] for name in ("kind", "location", "device", "reason")}
            yield from describe_differences(
                what, entry, rows.get(number), created_at=entry.at, created_by=entry.actor,
                until_at=parse_instant(details["until"]),
                **wanted, **{"ended_at": None, "ended_by": None, **ended},
            )  # fmt: skip


def _check(new: NewMute, now: datetime) -> str:
    if new.filter == MuteFilter():
        raise AlertActionError(
            "a mute of all alerts hides every fault: give a kind, a location or a device"
        )
    if not now < new.until_at <= now + LONGEST_MUTE:
        raise AlertActionError(
            f"`until` is {new.until_at.isoformat()}: give a moment within the next "
            f"{LONGEST_MUTE.days} days"
        )
    reason = new.reason.strip()
    if not reason or len(reason) > LONGEST_NOTE or not reason.isprintable():
        raise AlertActionError(
            f"a mute needs a reason: one line of at most {LONGEST_NOTE} characters"
        )
    return reason


def _record(
    connection: Connection,
    action: str,
    number: int,
    actor: str,
    now: datetime,
    details: dict[str, str],
) -> None:
    audit.record_change(
        connection, at=now, actor=actor[:120], action=action, about=str(number), details=details
    )
