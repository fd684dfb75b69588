"""Messages to users, with names that are hostile."""

from typing import Any
from zoneinfo import ZoneInfo

from cloud.notifications.claims import ClaimedNotice
from cloud.notifications.event import Fact
from cloud.notifications.kinds import NoticeChannel, NoticeTopic
from cloud.notifications.message import NoticeItem, NoticeMessage
from tests.cloud.notifications.notice_world import LINK, NOON

HOSTILE = (
    'Tea\r\nBcc: x@evil.example <script>alert(1)</script> "\u202egnp" & <img src=//evil.example/p>'
)
TOKEN = f"{'a' * 32}.under_delivery.{'b' * 64}"


def item(title: str = "Winter delivers less than expected") -> NoticeItem:
    facts = (Fact("Campaign", HOSTILE), Fact("Since", at=NOON))
    return NoticeItem(
        id=7, kind=NoticeTopic.UNDER_DELIVERY, account="acme", at=NOON, title=title, facts=facts,
        path="/api/campaigns/abc",
    )  # fmt: skip


def claimed(channel: NoticeChannel, to: str, *items: NoticeItem, **more: Any) -> ClaimedNotice:
    message = NoticeMessage(
        batch="b", items=items or (item(),), is_digest=False, zone=ZoneInfo("America/New_York"),
        link=LINK, unsubscribe_token=TOKEN,
    )  # fmt: skip
    return ClaimedNotice("a" * 32, channel, to, message, frozenset({1}), 1, **more)
