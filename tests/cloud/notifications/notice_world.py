"""Accounts with users, a sender that records, and events, for the tests of notifications."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from cloud.auth.accounts.account import AccountKind
from cloud.auth.keys import Role
from cloud.auth.users.user import User
from cloud.database import reading, writing
from cloud.messaging.failures import DeliveryFailure
from cloud.notifications.claims import ClaimedNotice
from cloud.notifications.dispatcher import NoticeDispatcher
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.event_store import store_events
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.preference_store import replace_preferences
from cloud.notifications.preferences import Preferences
from cloud.notifications.tables import notices
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.people import add_account, add_user

NOON = FRIDAY_NOON
LINK = "https://sales.example"
IMMEDIATELY = NoticeMode.IMMEDIATE
HOLD = "0123456789abcdef0123456789abcdef"


@dataclass
class Mailbox:
    """Records what is sent; `failures` are returned first."""

    sent: list[ClaimedNotice] = field(default_factory=list)
    failures: list[DeliveryFailure] = field(default_factory=list)
    fails_for: frozenset[str] = frozenset()

    def __call__(self, claimed: ClaimedNotice) -> DeliveryFailure | None:
        if claimed.user in self.fails_for or self.failures:
            return self.failures.pop() if self.failures else DeliveryFailure("away")
        self.sent.append(claimed)
        return None


@dataclass
class NoticeWorld:
    """Ann and Bob of the advertiser Acme, Eve of its agency, Mallory of Bolt, Sam of the owner."""

    engine: Engine
    ann: User
    bob: User
    eve: User
    mallory: User
    sam: User
    mailbox: Mailbox = field(default_factory=Mailbox)

    def choose(self, user: User, choices: dict = {}, now: datetime = NOON, **more) -> str | None:  # noqa: B006
        with writing(self.engine) as connection:
            stored = replace_preferences(
                connection, user.id, Preferences(choices=choices, **more), by="a test", now=now
            )
        return stored.webhook_secret

    def store(self, *events: NoticeEvent, now: datetime = NOON) -> int:
        with writing(self.engine) as connection:
            return len(store_events(connection, events, now))

    def dispatcher(self, send: Callable | None = None) -> NoticeDispatcher:
        return NoticeDispatcher(self.engine, send or self.mailbox, 10.0, LINK)

    def deliver(self, now: datetime = NOON) -> list[ClaimedNotice]:
        """What is sent at that time, of an order that does not depend on threads."""
        self.mailbox.sent = []
        self.dispatcher().run_until_idle(now)
        return sorted(self.mailbox.sent, key=lambda one: (one.user, one.channel))

    def rows(self, **equal: object) -> list:
        wanted = select(notices).order_by(notices.c.id)
        for name, value in equal.items():
            wanted = wanted.where(notices.c[name] == value)
        with reading(self.engine) as connection:
            return list(connection.execute(wanted))


def open_world(engine: Engine) -> NoticeWorld:
    return NoticeWorld(engine, *add_people(engine))


def add_people(engine: Engine) -> list[User]:
    with writing(engine) as connection:
        agency = add_account(connection, "agency", NOON, AccountKind.AGENCY)
        acme = add_account(connection, "acme", NOON, agency="agency")
        bolt = add_account(connection, "bolt", NOON)
        owner = add_account(connection, "owner", NOON, AccountKind.MEDIA_OWNER)
        return [
            add_user(connection, account, name, NOON, *roles, password_hash=None)
            for account, name, roles in (
                (acme, "ann", ()), (acme, "bob", ()), (agency, "eve", ()), (bolt, "mallory", ()),
                (owner, "sam", (Role.SALES,)),
            )
        ]  # fmt: skip


def notice_event(
    kind: NoticeTopic = NoticeTopic.UNDER_DELIVERY, key: str = "1", **more: Any
) -> NoticeEvent:
    values = {
        "account": "acme",
        "at": NOON,
        "title": f"Winter delivers less than expected ({key})",
        "facts": (Fact("Campaign", "Winter"), Fact("Since", at=NOON)),
        "path": "/api/campaigns/abc",
        "subject": "SO-1-1",
    }
    return NoticeEvent(kind=kind, key=key, **(values | more))


def by(channel: NoticeChannel, *kinds: NoticeTopic, mode: NoticeMode = IMMEDIATELY) -> dict:
    return {kind: {channel: mode} for kind in kinds}


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
