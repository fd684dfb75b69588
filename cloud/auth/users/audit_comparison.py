"""Compare users with the audit log: roles or credentials that were set without the program."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.auth.users import user_store
from cloud.auth.users.password import hash_fingerprint
from cloud.auth.users.user_store import (
    email_fingerprint,
    encode_roles,
    hidden_email,
    users,
)


class UserComparison:
    """`users`: account, name, address, roles, credentials and whether they are disabled."""

    def __init__(self) -> None:
        self._created: dict[str, tuple[AuditEntry, Details]] = {}
        self._roles: dict[str, Details] = {}
        self._disabled: dict[str, datetime] = {}
        self._passwords: dict[str, str] = {}
        self._subjects: dict[str, str] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == user_store.CREATE:
            self._created[entry.object] = entry, details
            self._roles[entry.object] = details
        elif entry.action == user_store.SET_ROLES:
            self._roles[entry.object] = details
        elif entry.action == user_store.DISABLE:
            self._disabled[entry.object] = entry.at
        elif entry.action == user_store.SET_PASSWORD:
            self._passwords[entry.object] = details["fingerprint"]
        elif entry.action == user_store.BIND_OPENID:
            self._subjects[entry.object] = details["subject"]

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, users)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"users: user {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[name]
            roles = self._roles[name]
            yield from describe_differences(
                what, entry, rows.get(name), account=details["account"], name=details["name"],
                roles=encode_roles(roles["roles"]), manages_users=roles["manages_users"],
                created_at=entry.at, disabled_at=self._disabled.get(name),
            )  # fmt: skip
            if name in rows:
                yield from self._secrets(what, rows[name], details)

    def _secrets(self, what: str, row: Details, details: Details) -> Iterator[str]:
        """Differences whose values are not shown."""
        address, shown = row["email"], row["shown_email"]
        if shown is not None and address == hidden_email(row["id"]):
            address, shown = shown, None
        if shown is not None or email_fingerprint(row["id"], address) != details["email"]:
            yield f"{what} has another e-mail address than the log records"
        if hash_fingerprint(row["password_hash"]) != self._passwords.get(row["id"]):
            yield f"{what} has another password than the log records"
        if row["openid_subject"] != self._subjects.get(row["id"]):
            yield f"{what} is bound to another OpenID identity than the log records"
