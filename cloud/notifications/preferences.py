"""The preferences of one user: what is sent how and when, in the user's time zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from ipaddress import ip_address
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud.alerting.recipients import QuietHours
from cloud.messaging.failures import TargetError
from cloud.messaging.public_addresses import is_public
from cloud.notifications.event import NoticeEvent
from cloud.notifications.kinds import (
    URGENT,
    NoticeChannel,
    NoticeMode,
    NoticeTopic,
    default_mode,
)
from wire.addresses import NetworkAddress, parse_address
from wire.hosts import AddressError

DIGEST_AT: Final = "08:00"
TIME_ZONE: Final = "UTC"
LONGEST_WEBHOOK: Final = 500
_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)

Choices = Mapping[NoticeTopic, Mapping[NoticeChannel, NoticeMode]]


class PreferenceError(ValueError):
    """Preferences that cannot be stored; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a user has chosen; `choices` has only what differs from the defaults or was chosen."""

    time_zone: str = TIME_ZONE
    quiet_from: str | None = None
    quiet_until: str | None = None
    digest_at: str = DIGEST_AT
    phone: str | None = None
    webhook: str | None = field(default=None, repr=False)
    choices: Choices = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def quiet(self) -> QuietHours | None:
        """The quiet hours, if there are any."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until, self.time_zone)

    def mode(self, kind: NoticeTopic, channel: NoticeChannel, *, is_staff: bool) -> NoticeMode:
        """When a kind is sent through a channel."""
        chosen = self.choices.get(kind, {}).get(channel)
        return chosen or default_mode(kind, channel, is_staff=is_staff)

    def is_set_up(self, channel: NoticeChannel) -> bool:
        """Whether there is an address for a channel; every user has an e-mail address."""
        address = {NoticeChannel.SMS: self.phone, NoticeChannel.WEBHOOK: self.webhook}
        return bool(address.get(channel, True))

    def due_at(self, event: NoticeEvent, mode: NoticeMode, now: datetime) -> datetime:
        """When a notification that is found now is sent."""
        if mode is NoticeMode.DIGEST:
            return self.after_quiet_hours(self.next_digest(now))
        waits_until = self.after_quiet_hours(now)
        is_over = event.stale_at is not None and event.stale_at <= waits_until
        return now if is_over and event.kind in URGENT else waits_until

    def after_quiet_hours(self, at: datetime) -> datetime:
        """`at`, or the end of the quiet hours that it lies in."""
        quiet = self.quiet
        return at if quiet is None else quiet.ends_after(at)

    def next_digest(self, now: datetime) -> datetime:
        """The first digest after `now`, at the chosen time by the user's clock."""
        local, clock = now.astimezone(self.zone), time.fromisoformat(self.digest_at)
        days = (datetime.combine(local.date() + timedelta(days=day), clock, self.zone)
                for day in range(3))  # fmt: skip
        instants = (one.astimezone(now.tzinfo) for one in days)
        return next(one for one in instants if one > now)


def validate_preferences(preferences: Preferences) -> None:
    """Raise PreferenceError for what cannot be used."""
    _validate_times(preferences)
    if preferences.phone is not None and not _PHONE.fullmatch(preferences.phone):
        raise PreferenceError(
            "`phone` is no number in international form: write + and 8 to 15 digits, such as "
            "+447700900123"
        )
    if preferences.webhook is not None:
        read_webhook(preferences.webhook)
    for kind, by_channel in preferences.choices.items():
        for channel, mode in by_channel.items():
            _validate_choice(preferences, kind, channel, mode)


def is_time_zone(name: str) -> bool:
    """Whether this machine knows a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def read_webhook(text: str) -> NetworkAddress:
    """The address of a webhook: https:// and a host of the public internet.

    Raises:
        PreferenceError: it cannot be used.
    """
    try:
        address = parse_address(text, ("https",))
        address.host.encode("idna")
    except (AddressError, UnicodeError) as error:
        raise PreferenceError(f"`webhook` cannot be used: {error}") from None
    if len(text) > LONGEST_WEBHOOK:
        raise PreferenceError(f"`webhook` is longer than {LONGEST_WEBHOOK} characters: shorten it")
    if _is_private(address.host):
        raise PreferenceError("`webhook` is an address of a private network: use a public one")
    return address


def parse_webhook(text: str) -> NetworkAddress:
    """A stored address; raises TargetError."""
    try:
        return parse_address(text, ("https", "http"))
    except AddressError as error:
        raise TargetError(str(error)) from None


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False  # a name: its addresses are checked with every delivery
    return not is_public(host)


def _validate_times(preferences: Preferences) -> None:
    if not is_time_zone(preferences.time_zone):
        raise PreferenceError(
            f"time_zone {preferences.time_zone[:64]!r} is not known: use a name such as "
            "Europe/London"
        )
    if (preferences.quiet_from is None) != (preferences.quiet_until is None):
        raise PreferenceError("quiet hours need both `from` and `until`, or neither")
    try:
        _ = preferences.quiet
    except ValueError as error:
        raise PreferenceError(str(error)) from None


def _validate_choice(
    preferences: Preferences, kind: NoticeTopic, channel: NoticeChannel, mode: NoticeMode
) -> None:
    if mode is NoticeMode.OFF:
        return
    if mode is NoticeMode.DIGEST and channel is not NoticeChannel.EMAIL:
        raise PreferenceError(
            f"{kind} by {channel} is a digest: only e-mail has one; choose immediate or off"
        )
    if not preferences.is_set_up(channel):
        needed = "phone" if channel is NoticeChannel.SMS else "webhook"
        raise PreferenceError(
            f"{kind} by {channel} needs an address: set `{needed}`, or choose off"
        )
