"""What arrives: a mail at an SMTP server, a text message at SNS, a signed POST at a receiver."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable

import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from cloud.messaging.deadline import accept_any
from cloud.messaging.failures import DeliveryFailure, FailureKind
from cloud.messaging.smtp import MailRelay
from cloud.notifications.channels import NoticeSender
from cloud.notifications.kinds import NoticeChannel
from cloud.notifications.message import LONGEST_SMS, NoticeItem
from tests.cloud.alerting.test_senders import Smtp, drips_greeting
from tests.cloud.notifications.messages import claimed, item
from tests.cloud.notifications.notice_world import LINK, NOON
from tests.cloud.peers import Behaviour, Peer, hangs, request_of, says

Peers = Callable[[Behaviour], Peer]


def mail_to(port: int, *items: NoticeItem, call_s: float = 10.0) -> DeliveryFailure | None:
    relay = MailRelay("127.0.0.1", port, "onlooker@ad.example")
    sender = NoticeSender(relay, call_s=call_s, clock=lambda: NOON)
    return sender.send(claimed(NoticeChannel.EMAIL, "ann@acme.example", *items))


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
    received = json.loads(body)
    assert received["id"] == headers["Idempotency-Key"] == one.message.key
    assert (received["kind"], received["event"], received["account"]) == (
        "under_delivery",
        7,
        "acme",
    )
    assert received["facts"][1] == {
        "label": "Since",
        "text": None,
        "at": "2026-11-20T12:00:00+00:00",
    }
    assert received["link"] == f"{LINK}/api/campaigns/abc"


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
