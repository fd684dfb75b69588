"""The table of preferences. Changes are recorded in the audit log, without addresses and secrets.

A user without a row has the defaults; the row is created with the first change or the first
notification, since it has the secret that signs the user's unsubscribe links.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select, update

from cloud import database
from cloud.auth import audit
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preferences import (
    TIME_ZONE,
    Choices,
    Preferences,
    is_time_zone,
    validate_preferences,
)
from cloud.notifications.tables import notice_settings

AT_ONCE: Final = 400
SET: Final = "notification.set"
UNSUBSCRIBE: Final = "notification.unsubscribe"
DISABLE_WEBHOOK: Final = "notification.disable_webhook"
_FIELDS: Final = ("time_zone", "quiet_from", "quiet_until", "digest_at", "phone", "webhook")


@dataclass(frozen=True, slots=True)
class StoredPreferences:
    """The preferences of a user, with the secrets and the state of the webhook."""

    user: str
    preferences: Preferences
    webhook_secret: str | None = field(repr=False)
    webhook_disabled_at: datetime | None
    unsubscribe_secret: str = field(repr=False)

    def is_reachable(self, channel: NoticeChannel) -> bool:
        """Whether a message can be sent through a channel now."""
        is_disabled = channel is NoticeChannel.WEBHOOK and self.webhook_disabled_at is not None
        return self.preferences.is_set_up(channel) and not is_disabled


def read_preferences(connection: Connection, user: str) -> StoredPreferences | None:
    """The stored preferences of a user; None: the defaults apply."""
    wanted = select(notice_settings).where(notice_settings.c.user == user)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else _stored(row)


def read_all_preferences(
    connection: Connection, users: Sequence[str]
) -> Mapping[str, StoredPreferences]:
    """The stored preferences of many users, with one query for some hundred of them."""
    found = {}
    for start in range(0, len(users), AT_ONCE):
        some = notice_settings.c.user.in_(users[start : start + AT_ONCE])
        for row in connection.execute(select(notice_settings).where(some)).mappings():
            found[row["user"]] = _stored(row)
    return found


def ensure_preferences(connection: Connection, user: str, now: datetime) -> StoredPreferences:
    """The preferences of a user; the defaults are stored where there are none."""
    row = _row(user, Preferences(), now)
    insert = database.insert(connection.dialect.name, notice_settings).values(row)
    connection.execute(insert.on_conflict_do_nothing())
    found = read_preferences(connection, user)
    assert found is not None
    return found


def replace_preferences(
    connection: Connection, user: str, wanted: Preferences, *, by: str, now: datetime
) -> StoredPreferences:
    """Replace all preferences. Another webhook gets a new secret, and is not disabled.

    Raises PreferenceError.
    """
    validate_preferences(wanted)
    present = ensure_preferences(connection, user, now)
    values = _values(wanted) | {"changed_at": now}
    if wanted.webhook != present.preferences.webhook or present.webhook_disabled_at is not None:
        secret = secrets.token_hex(32) if wanted.webhook is not None else None
        values |= {"webhook_secret": secret, "webhook_disabled_at": None}
    _update(connection, user, values)
    channels = {channel.value: wanted.is_set_up(channel) for channel in NoticeChannel}
    details = {"choices": _plain(wanted.choices), "channels": channels}
    _record(connection, SET, user, details, by, now)
    return ensure_preferences(connection, user, now)


def turn_off_email(
    connection: Connection, user: str, kinds: frozenset[NoticeTopic], *, now: datetime
) -> None:
    """Send a user no more e-mails of some kinds."""
    present = ensure_preferences(connection, user, now).preferences
    off = {NoticeChannel.EMAIL: NoticeMode.OFF}
    choices = {kind: {**present.choices.get(kind, {}), **off} for kind in kinds}
    wanted = replace(present, choices={**present.choices, **choices})
    _update(connection, user, {"choices": _encode(wanted.choices), "changed_at": now})
    details = {"kinds": sorted(kinds)}
    _record(connection, UNSUBSCRIBE, user, details, f"link in an e-mail to user {user}", now)


def disable_webhook(connection: Connection, user: str, webhook: str, now: datetime) -> bool:
    """Disable a webhook that is still the user's; whether it was not disabled before."""
    columns = notice_settings.c
    is_theirs = (columns.user == user) & (columns.webhook == webhook)
    disabled = update(notice_settings).where(is_theirs, columns.webhook_disabled_at.is_(None))
    if not connection.execute(disabled.values(webhook_disabled_at=now)).rowcount:
        return False
    details = {"status": 410}
    _record(connection, DISABLE_WEBHOOK, user, details, "delivery of notifications", now)
    return True


def _stored(row: Any) -> StoredPreferences:
    stored = msgspec.json.decode(row["choices"], type=dict[str, dict[str, str]])
    choices = {
        NoticeTopic(kind): {
            NoticeChannel(channel): NoticeMode(mode) for channel, mode in by_channel.items()
        }
        for kind, by_channel in stored.items()
    }
    fields = {name: row[name] for name in _FIELDS}
    if not is_time_zone(row["time_zone"]):  # stored by a machine that knows more of them
        fields["time_zone"] = TIME_ZONE
    preferences = Preferences(**fields, choices=choices)
    return StoredPreferences(
        row["user"], preferences, row["webhook_secret"], row["webhook_disabled_at"],
        row["unsubscribe_secret"],
    )  # fmt: skip


def _values(preferences: Preferences) -> dict[str, Any]:
    values = {name: getattr(preferences, name) for name in _FIELDS}
    return {**values, "choices": _encode(preferences.choices)}


def _row(user: str, preferences: Preferences, now: datetime) -> dict[str, Any]:
    secret = secrets.token_hex(32)
    return {
        "user": user, **_values(preferences), "unsubscribe_secret": secret, "changed_at": now,
    }  # fmt: skip


def _plain(choices: Choices) -> Mapping[str, Mapping[str, str]]:
    return {
        kind.value: {channel.value: mode.value for channel, mode in by_channel.items()}
        for kind, by_channel in choices.items()
    }


def _encode(choices: Choices) -> str:
    return msgspec.json.encode(_plain(choices)).decode()


def _update(connection: Connection, user: str, values: Mapping[str, Any]) -> None:
    this = notice_settings.c.user == user
    connection.execute(update(notice_settings).where(this).values(values))


def _record(
    connection: Connection, action: str, user: str, details: dict[str, Any], by: str, now: datetime
) -> None:
    audit.record_change(
        connection, at=now, actor=by[:120], action=action, about=user, details=details
    )
