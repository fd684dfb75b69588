"""What arrives: a mail at an SMTP server, a text message at SNS, a signed POST at a receiver."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from cloud.messaging.deadline import accept_any
from cloud.messaging.failures import DeliveryFailure, FailureKind
from cloud.messaging.smtp import MailRelay
from cloud.notifications.channels import NoticeSender
from cloud.notifications.claims import ClaimedNotice
from cloud.notifications.event import Fact
from cloud.notifications.kinds import NoticeChannel, NoticeKind
from cloud.notifications.message import LONGEST_SMS, NoticeItem, NoticeMessage
from tests.cloud.alerting.test_senders import Smtp, drips_greeting
from tests.cloud.notifications.notice_world import LINK, NOON
from tests.cloud.peers import Behaviour, Peer, hangs, request_of, says

HOSTILE = (
    'Tea\r\nBcc: x@evil.example <script>alert(1)</script> "\u202egnp" & <img src=//evil.example/p>'
)
TOKEN = f"{'a' * 32}.under_delivery.{'b' * 64}"
Peers = Callable[[Behaviour], Peer]


def item(title: str = "Winter delivers less than expected") -> NoticeItem:
    facts = (Fact("Campaign", HOSTILE), Fact("Since", at=NOON))
    return NoticeItem(
        id=7, kind=NoticeKind.UNDER_DELIVERY, account="acme", at=NOON, title=title, facts=facts,
        path="/api/campaigns/abc",
    )  # fmt: skip


def claimed(channel: NoticeChannel, to: str, *items: NoticeItem, **more: Any) -> ClaimedNotice:
    message = NoticeMessage(
        batch="b", items=items or (item(),), is_digest=False, zone=ZoneInfo("America/New_York"),
        link=LINK, unsubscribe_token=TOKEN,
    )  # fmt: skip
    return ClaimedNotice("a" * 32, channel, to, message, frozenset({1}), 1, **more)


def mail_to(port: int, *items: NoticeItem, call_s: float = 10.0) -> DeliveryFailure | None:
    relay = MailRelay("127.0.0.1", port, "onlooker@ad.example")
    sender = NoticeSender(relay, call_s=call_s, clock=lambda: NOON)
    return sender.send(claimed(NoticeChannel.EMAIL, "ann@acme.example", *items))


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


def test_a_repeated_mail_has_the_same_message_id(peer: Peers) -> None:
    assert receive(peer)["Message-ID"] == receive(peer)["Message-ID"]


@pytest.mark.parametrize(
    ("behave", "fault"),
    [
        (hangs, FailureKind.AWAY),
        (drips_greeting, FailureKind.AWAY),
        (Smtp(rcpt=b"550 no such user"), FailureKind.REFUSED),
        (Smtp(rcpt=b"451 greylisted"), FailureKind.LATER),
    ],
)
def test_a_relay_that_misbehaves_is_a_failure_in_time(
    peer: Peers, behave: Behaviour, fault: FailureKind
) -> None:
    failure = mail_to(peer(behave).port, call_s=0.3 if fault is FailureKind.AWAY else 10.0)
    assert failure is not None
    assert failure.fault is fault
    assert "ann@" not in failure.reason


def test_a_webhook_receives_one_event_and_can_verify_it(peer: Peers) -> None:
    got: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    to = f"http://127.0.0.1:{peer(behave).port}/hook?a=b"
    one = claimed(NoticeChannel.WEBHOOK, to, secret=b"5ecret")
    sender = NoticeSender(MailRelay(), clock=lambda: NOON, is_allowed=accept_any)
    assert sender.send(one) is None
    head, _, body = got[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    stamp, digest = (part.partition("=")[2] for part in headers["Onlooker-Signature"].split(","))
    signed = hmac.new(b"5ecret", f"{stamp}.".encode() + body, hashlib.sha256)
    assert (digest, int(stamp)) == (signed.hexdigest(), int(NOON.timestamp()))
    told = json.loads(body)
    assert told["id"] == headers["Idempotency-Key"] == one.message.key
    assert (told["kind"], told["event"], told["account"]) == ("under_delivery", 7, "acme")
    assert told["facts"][1] == {"label": "Since", "text": None, "at": "2026-11-20T12:00:00+00:00"}
    assert told["link"] == f"{LINK}/api/campaigns/abc"


def test_a_webhook_of_a_user_cannot_reach_this_machine(peer: Peers) -> None:
    got: list[bytes] = []
    there = peer(lambda connection: got.append(connection.recv(1)))
    one = claimed(NoticeChannel.WEBHOOK, f"http://localhost:{there.port}/", secret=b"5ecret")
    failure = NoticeSender(MailRelay()).send(one)
    assert failure is not None
    assert (failure.fault, got) == (FailureKind.REFUSED, [])


def test_a_webhook_that_is_gone_says_so(peer: Peers) -> None:
    there = peer(says(b"HTTP/1.1 410 Gone\r\n\r\n"))
    one = claimed(NoticeChannel.WEBHOOK, f"http://127.0.0.1:{there.port}/")
    failure = NoticeSender(MailRelay(), is_allowed=accept_any).send(one)
    assert failure is not None
    assert failure.status == 410


def test_a_text_message_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        sender = NoticeSender(MailRelay(), sms_region="eu-west-1")
        assert sender.send(claimed(NoticeChannel.SMS, "+447700900123", item("x" * 500))) is None
        ((number, text),) = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages.values()
    assert number == "+447700900123"
    assert len(text) == LONGEST_SMS
    assert text.endswith(f" {LINK}/api/campaigns/abc")


def test_without_a_region_text_messages_wait() -> None:
    failure = NoticeSender(MailRelay()).send(claimed(NoticeChannel.SMS, "+447700900123"))
    assert failure is not None
    assert failure.fault is FailureKind.LATER
    assert "--sms-region" in failure.reason
