"""What users receive without a choice, as the documentation lists it."""

import re
from pathlib import Path

from cloud.notifications.kinds import (
    PERSONAL,
    STAFF_ROLES_OF,
    TITLES,
    URGENT,
    NoticeChannel,
    NoticeMode,
    NoticeTopic,
    default_mode,
)
from cloud.notifications.notice_store import NoticeState

PAGE = (Path(__file__).parents[3] / "docs/notifications.md").read_text()
WORDS = {"e-mail": NoticeMode.IMMEDIATE, "digest": NoticeMode.DIGEST, "off": NoticeMode.OFF}


def test_the_documentation_lists_every_kind_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([\w-]+)(, urgent)? \|$", PAGE, re.MULTILINE)
    assert {kind: WORDS[default] for kind, default, _ in rows} == {
        kind: default_mode(kind, NoticeChannel.EMAIL, is_staff=False) for kind in NoticeTopic
    }
    assert {kind for kind, _, urgent in rows if urgent} == URGENT
    assert set(TITLES) == set(STAFF_ROLES_OF) == set(NoticeTopic)


def test_the_documentation_lists_every_state() -> None:
    section = PAGE.partition("## Delivery")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(NoticeState)


def test_staff_and_other_channels_receive_nothing_without_a_choice() -> None:
    modes = {
        default_mode(kind, channel, is_staff=is_staff)
        for kind in NoticeTopic
        for channel in NoticeChannel
        for is_staff in (True, False)
        if kind not in PERSONAL
        if is_staff or channel is not NoticeChannel.EMAIL
    }
    assert modes == {NoticeMode.OFF}
