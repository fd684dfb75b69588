"""An event that users may be notified of, as a rule finds it."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from cloud.notifications.kinds import NoticeTopic

MOST_TITLE = 160


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One line of a notification: a label with a text or an instant, which each user sees in the
    user's own time zone.
    """

    label: str
    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEvent:
    """What has happened, once: `key` is equal whenever a rule finds the same event.

    `account` owns the object; None: the event is for the buyers of every account. After `stale_at`
    nobody is notified any more. `user`: the only user who is notified.
    """

    kind: NoticeTopic
    key: str
    account: str | None
    at: datetime
    title: str
    facts: tuple[Fact, ...] = ()
    path: str = "/"
    subject: str = ""
    stale_at: datetime | None = None
    user: str | None = None
