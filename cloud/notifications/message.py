"""One message to one user: one event, or several of them, as subject, text, JSON and SMS.

Names of campaigns and briefs are written by users: characters that are not printable, such as line
breaks and marks that reverse the direction of a text, become spaces.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cloud.notifications.event import Fact
from cloud.notifications.kinds import TITLES, NoticeTopic
from cloud.notifications.reports.report_document import ReportDocument
from cloud.notifications.unsubscribe import DIGEST_SCOPE

LONGEST_SUBJECT: Final = 160
LONGEST_SMS: Final = 300
PAGE: Final = "/unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """One event in a message."""

    id: int
    kind: NoticeTopic
    account: str | None
    at: datetime
    title: str
    facts: tuple[Fact, ...]
    path: str
    stale_at: datetime | None = None
    report: ReportDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMessage:
    """The events that one user receives at once; at least one. `link` is the address of the API."""

    batch: str
    items: tuple[NoticeItem, ...]
    is_digest: bool
    zone: ZoneInfo
    link: str
    unsubscribe_token: str = ""

    @property
    def key(self) -> str:
        """Equal for every attempt to deliver this message, for deduplication."""
        return hashlib.sha256(f"notice:{self.batch}".encode()).hexdigest()[:32]

    @property
    def scope(self) -> str:
        """What its unsubscribe link turns off."""
        return DIGEST_SCOPE if self.is_digest else self.items[0].kind.value

    @property
    def unsubscribe_url(self) -> str:
        """The address of the link."""
        return f"{self.link}{PAGE}?token={quote(self.unsubscribe_token)}"

    @property
    def subject(self) -> str:
        """One line."""
        if self.is_digest:
            return f"Your day: {_count(len(self.items))}"
        if len(self.items) == 1:
            return make_line(self.items[0].title)[:LONGEST_SUBJECT]
        return f"{TITLES[self.items[0].kind]}: {_count(len(self.items))}"

    def url(self, item: NoticeItem) -> str:
        """Where an item can be looked up."""
        return f"{self.link}{quote(item.path, safe='/?=&%')}"

    def write_facts(self, item: NoticeItem) -> Sequence[tuple[str, str]]:
        """Label and text of each fact; instants by the user's clock."""
        return [(fact.label, self._write(fact)) for fact in item.facts]

    def text(self) -> str:
        """As a mail has it beside the HTML."""
        return "\n".join(self._lines())

    def sms(self) -> str:
        """As short as can be."""
        words = self.subject if len(self.items) > 1 else make_line(self.items[0].title)
        link = self.url(self.items[0]) if len(self.items) == 1 else self.link
        return f"{words[: LONGEST_SMS - len(link) - 1]} {link}"

    def json(self) -> dict[str, Any]:
        """As a webhook receives it: one event."""
        item = self.items[0]
        return {
            "id": self.key,
            "event": item.id,
            "kind": item.kind.value,
            "account": item.account,
            "at": item.at.isoformat(),
            "title": make_line(item.title),
            "facts": [
                {"label": one.label, "text": one.text or None, "at": one.at and one.at.isoformat()}
                for one in item.facts
            ],
            "link": self.url(item),
        }

    def _lines(self) -> Iterator[str]:
        for item in self.items:
            yield from (make_line(item.title), "")
            yield from (f"{label}: {text}" for label, text in self.write_facts(item))
            if item.report is not None:
                yield from ("", *map(make_row, item.report.lines), "", *item.report.notes, "")
            yield from (self.url(item), "")
        yield from ("--", f"Stop these e-mails: {self.unsubscribe_url}", "")

    def _write(self, fact: Fact) -> str:
        if fact.at is None:
            return make_line(fact.text)
        return f"{fact.at.astimezone(self.zone):%a %d %B %Y, %H:%M %Z}"


def make_line(text: str) -> str:
    """A text of users as one line of printable characters."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(plain.split())


def make_row(text: str) -> str:
    """A row of a table of a report: as `make_line`, with its blanks, which align the columns."""
    return "".join(one if one.isprintable() else " " for one in text)


def _count(number: int) -> str:
    return f"{number} notification{'' if number == 1 else 's'}"
