"""Compare preferences of notifications with the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.notifications.kinds import NoticeChannel, NoticeMode
from cloud.notifications.preference_store import DISABLE_WEBHOOK, SET, UNSUBSCRIBE
from cloud.notifications.tables import notice_settings

Choices = dict[str, dict[str, str]]


class PreferenceComparison:
    """`notice_settings`: the choices of a user, and since when the webhook is disabled.

    Addresses are not in the log. Settings that nobody has changed have no entry and no choices.
    """

    def __init__(self) -> None:
        self._last: dict[str, AuditEntry] = {}
        self._choices: dict[str, Choices] = {}
        self._disabled: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == SET:
            self._choices[entry.object] = details["choices"]
            self._disabled.pop(entry.object, None)
        elif entry.action == UNSUBSCRIBE:
            choices = self._choices.setdefault(entry.object, {})
            off = {NoticeChannel.EMAIL.value: NoticeMode.OFF.value}
            choices |= {kind: {**choices.get(kind, {}), **off} for kind in details["kinds"]}
        elif entry.action == DISABLE_WEBHOOK:
            self._disabled[entry.object] = entry.at
        else:
            return
        self._last[entry.object] = entry

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["user"]: row for row in read_rows(connection, notice_settings)}
        for user in sorted(rows.keys() | self._last.keys()):
            yield from self._compare(user, rows.get(user))

    def _compare(self, user: str, row: Any) -> Iterator[str]:
        what, entry = f"notice_settings: those of user {user}", self._last.get(user)
        if entry is None:
            if msgspec.json.decode(row["choices"]) or row["webhook_disabled_at"] is not None:
                yield f"{what} have no entry that they were changed"
            return
        decoded = None
        if row is not None:
            decoded = {**row, "choices": msgspec.json.decode(row["choices"], type=Choices)}
        yield from describe_differences(
            what, entry, decoded, choices=self._choices.get(user, {}),
            webhook_disabled_at=self._disabled.get(user),
        )  # fmt: skip
