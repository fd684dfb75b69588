"""A mail as a mail program receives it: two forms, headers, and no way for a hostile name."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from cloud.notifications.message import NoticeItem
from tests.cloud.alerting.test_senders import Smtp
from tests.cloud.notifications.messages import HOSTILE, TOKEN, item
from tests.cloud.notifications.notice_world import LINK, NOON
from tests.cloud.notifications.test_channels import mail_to
from tests.cloud.peers import Behaviour, Peer

Peers = Callable[[Behaviour], Peer]


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def receive(peer: Peers, *items: NoticeItem) -> EmailMessage:
    server = Smtp()
    assert mail_to(peer(server).port, *items) is None
    mail = message_from_bytes(server.mail, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_mail_has_two_forms_and_what_mail_programs_need(peer: Peers) -> None:
    mail = receive(peer)
    assert (mail["To"], mail["From"]) == ("ann@acme.example", "onlooker@ad.example")
    assert mail["Subject"] == "[Onlooker] Winter delivers less than expected"
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"].endswith("@ad.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{LINK}/unsubscribe?token={TOKEN}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        content = part.get_content()
        assert "Fri 20 November 2026, 07:00 EST" in content
        assert f"{LINK}/api/campaigns/abc" in content
        assert TOKEN in content


def test_a_hostile_name_is_text_and_nothing_is_loaded(peer: Peers) -> None:
    mail = receive(peer, item(HOSTILE))
    assert mail["Bcc"] is None
    assert "\u202e" not in mail["Subject"]
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "Tea Bcc: x@evil.example <script>" in text
    found = Elements(html)
    assert {"script", "img", "link", "iframe"}.isdisjoint(found.tags)
    assert all(address.startswith(f"{LINK}/") for address in found.addresses)
    assert "&lt;script&gt;" in html
    assert "url(" not in html


def test_the_address_to_unsubscribe_is_sent_as_it_is(peer: Peers) -> None:
    server = Smtp()
    assert mail_to(peer(server).port, item(HOSTILE), item("é" * 150)) is None
    head = server.mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{LINK}/unsubscribe?token={TOKEN}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert max(map(len, server.mail.split(b"\r\n"))) <= 998


def test_a_repeated_mail_has_the_same_message_id(peer: Peers) -> None:
    assert receive(peer)["Message-ID"] == receive(peer)["Message-ID"]
