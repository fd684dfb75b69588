"""A delivery ends in time whatever the server does; its failure reason holds no secret."""

import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloud.alerting import senders
from cloud.alerting.lifecycle import AlertChange
from cloud.alerting.message import AlertItem, AlertMessage
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.alerting.recipients import Recipient
from cloud.alerting.senders import Senders
from cloud.messaging.smtp import MailRelay
from cloud.messaging.webhook import signature
from tests.cloud.alerting.conftest import NOON
from tests.cloud.peers import (
    Behaviour,
    Peer,
    continues_for_ever,
    drips,
    hangs,
    pours,
    repeats,
    request_of,
    says,
)

SECRET_PATH = "/services/T0P-s3cret"
CALL_S = 10.0
SHORT_CALL_S = 0.3
"""For peers that never finish: the test waits so long."""
ITEM = AlertItem(7, 17, "KX-01", "King's Cross", "kx-01-cam-1", NOON, "90% blind")
MESSAGE = AlertMessage(
    "b", AlertChange.RAISED, "camera.unobserved", (ITEM,), "https://api.example.com"
)


def send(to: str, *, call_s: float = CALL_S, **more: Any) -> DeliveryFailure | None:
    recipient = Recipient(name="hook", to=to, **more)
    return Senders(call_s=call_s, clock=lambda: NOON).send(recipient, MESSAGE)


@pytest.mark.parametrize(
    ("behave", "fault", "sentence"),
    [
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), FailureKind.AWAY, "not HTTP"),
        (says(b"\x00\xff" * 4_000), FailureKind.AWAY, "not HTTP"),
        (says(b""), FailureKind.AWAY, "not HTTP"),
        (says(b"HTTP/1.1 200\r\nA: " + b"x" * 70_000 + b"\r\n\r\n"), FailureKind.AWAY, "not HTTP"),
        (says(b"HTTP/1.1 999999 OK\r\n\r\n"), FailureKind.AWAY, "not HTTP"),
        (hangs, FailureKind.AWAY, "in time"),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), FailureKind.AWAY, "in time"),
        (pours, FailureKind.AWAY, "not HTTP"),
        (continues_for_ever, FailureKind.AWAY, "in time"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc\r\n\r\n"), FailureKind.REFUSED, "302"),
        (says(b"HTTP/1.1 307 X\r\nLocation: http://10.0.0.1/\r\n\r\n"), FailureKind.REFUSED, "307"),
        (says(b"HTTP/1.1 500 Oh\r\n\r\n"), FailureKind.LATER, "500"),
        (says(b"HTTP/1.1 503 Oh\r\n\r\n"), FailureKind.AWAY, "503"),
        (says(b"HTTP/1.1 404 Oh\r\n\r\n"), FailureKind.REFUSED, "404"),
        (says(b"HTTP/1.1 429 Oh\r\n\r\n"), FailureKind.AWAY, "429"),
    ],
)  # fmt: skip
def test_a_hostile_webhook_is_a_failure_in_time(
    peer: Callable[[Behaviour], Peer], behave: Behaviour, fault: FailureKind, sentence: str
) -> None:
    call_s = SHORT_CALL_S if sentence == "in time" else CALL_S
    there = peer(behave)
    failure = send(f"http://127.0.0.1:{there.port}{SECRET_PATH}", call_s=call_s)
    assert failure is not None
    assert (failure.fault, sentence in failure.reason) == (fault, True), failure
    assert not there.ended_first
    assert "s3cret" not in failure.reason


def test_an_endless_body_is_not_read(peer: Callable[[Behaviour], Peer]) -> None:
    def behave(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in repeats():
            connection.sendall(b"x" * 65_536)

    there = peer(behave)
    assert send(f"http://127.0.0.1:{there.port}/") is None
    assert not there.ended_first


def test_a_port_that_is_closed_and_a_name_that_is_not_there_are_failures() -> None:
    for to in ("http://127.0.0.1:1/x", "http://nowhere.invalid/x", "https://127.0.0.1:1/x"):
        failure = send(to)
        assert failure is not None
        assert failure.fault is FailureKind.AWAY


def test_a_plain_port_does_not_hold_up_tls(peer: Callable[[Behaviour], Peer]) -> None:
    def answers_plainly(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 This is a plain port\r\n\r\n")

    for behave, sentence in ((answers_plainly, "TLS"), (hangs, "in time")):
        call_s = SHORT_CALL_S if sentence == "in time" else CALL_S
        there = peer(behave)
        failure = send(f"https://127.0.0.1:{there.port}/x", call_s=call_s)
        assert failure is not None
        assert sentence in failure.reason, failure
        assert not there.ended_first


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2",
         "-subj", "/CN=other.example", "-addext", "subjectAltName=DNS:other.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("is_trusted", [False, True])
def test_a_certificate_of_another_name_is_refused(
    peer: Callable[[Behaviour], Peer], certificate: Path, is_trusted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    received: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            received.append(inner.recv(65_536))

    there = peer(behave)
    client = ssl.create_default_context(
        cafile=certificate / "cert.pem" if is_trusted else None  # type: ignore[arg-type]
    )
    recipient = Recipient(name="hook", to=f"https://localhost:{there.port}/x")
    failure = Senders(call_s=CALL_S, tls=client).send(recipient, MESSAGE)
    assert failure is not None
    assert "certificate is not trusted" in failure.reason
    assert received == []


def test_over_tls_a_message_arrives_and_a_drip_ends_in_time(
    peer: Callable[[Behaviour], Peer], certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    client = ssl.create_default_context(cafile=certificate / "cert.pem")
    client.check_hostname = False

    def over_tls(behave: Behaviour) -> Behaviour:
        def inner(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                behave(wrapped)

        return inner

    for behave, is_delivered in (
        (says(b"HTTP/1.1 204 No\r\n\r\n"), True),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), False),
    ):
        there = peer(over_tls(behave))
        recipient = Recipient(name="hook", to=f"https://127.0.0.1:{there.port}/x")
        call_s = CALL_S if is_delivered else SHORT_CALL_S
        failure = Senders(call_s=call_s, tls=client).send(recipient, MESSAGE)
        assert (failure is None) is is_delivered, failure
        assert not there.ended_first


def test_a_webhook_gets_ids_severity_and_a_signature(
    peer: Callable[[Behaviour], Peer], tmp_path: Path
) -> None:
    got: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 204 No\r\n\r\n")

    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    there = peer(behave)
    failure = send(
        f"http://me:p%40ss@127.0.0.1:{there.port}{SECRET_PATH}?é=1",
        secret_file=str(tmp_path / "key"),
    )
    assert failure is None
    head, _, body = b"".join(got).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert lines[0] == f"POST {SECRET_PATH}?%C3%A9=1 HTTP/1.1"
    assert headers["Host"] == f"127.0.0.1:{there.port}"
    assert headers["Authorization"] == "Basic bWU6cEBzcw=="
    assert headers["Idempotency-Key"] == MESSAGE.key == json.loads(body)["id"]
    seconds = int(NOON.timestamp())
    digest = hmac.new(b"0123456789abcdef", f"{seconds}.".encode() + body, hashlib.sha256)
    assert headers["Onlooker-Signature"] == f"t={seconds},v1={digest.hexdigest()}"
    payload = json.loads(body)
    assert {name: payload[name] for name in ("alert", "kind", "severity", "change", "count")} == {
        "alert": 17, "kind": "camera.unobserved", "severity": "critical", "change": "raised",
        "count": 1,
    }  # fmt: skip
    assert payload["link"] == "https://api.example.com/api/alerts/17"
    assert payload["site_name"] == "King's Cross"


def test_a_signature_is_of_time_and_body() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert signature(b"k", at, b"a") != signature(b"k", at, b"b")
    assert signature(b"k", at, b"a") != signature(b"k", NOON, b"a")


class Smtp:
    """A small SMTP server: every command's answer can be replaced."""

    def __init__(self, **answers: bytes) -> None:
        self.answers = answers
        self.mail = b""

    def __call__(self, connection: socket.socket) -> None:
        file = connection.makefile("rb")
        self._say(connection, "greeting", b"220 relay")
        while line := file.readline():
            word = line.split()[0].decode().lower()[:4]
            if word == "data":
                self._say(connection, "data", b"354 go on")
                while (part := file.readline()) != b".\r\n":
                    self.mail += part
                self._say(connection, "sent", b"250 taken")
            elif word == "quit":
                self._say(connection, "quit", b"221 bye")
                return
            else:
                self._say(connection, word, b"250 ok")

    def _say(self, connection: socket.socket, word: str, answer: bytes) -> None:
        connection.sendall(self.answers.get(word, answer) + b"\r\n")


def mail_by(
    port: int, message: AlertMessage = MESSAGE, call_s: float = CALL_S
) -> DeliveryFailure | None:
    every = Senders(MailRelay("127.0.0.1", port, "onlooker@ad.example"), call_s, lambda: NOON)
    return every.send(Recipient(name="ops", to="mailto:ops@example.com"), message)


def test_a_mail_names_the_site_and_has_what_mail_programs_need(
    peer: Callable[[Behaviour], Peer],
) -> None:
    server = Smtp()
    assert mail_by(peer(server).port) is None
    mail = message_from_bytes(server.mail, policy=policy.default)
    assert mail["Subject"] == (
        "[Onlooker] CRITICAL camera.unobserved raised: King's Cross (KX-01), camera kx-01-cam-1"
    )
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"] == f"<{MESSAGE.key}@ad.example>"
    assert mail["To"] == "ops@example.com"
    text = mail.get_content()
    assert "King's Cross (KX-01)" in text
    assert "https://api.example.com/api/alerts/17" in text


def test_a_site_name_of_two_lines_is_one_subject(peer: Callable[[Behaviour], Peer]) -> None:
    server = Smtp()
    item = AlertItem(1, 1, "KX", "King's\nCross\r\nBcc: x@y.z", "cam", NOON, "gone\nfor good")
    message = AlertMessage("b", AlertChange.RAISED, "camera.offline", (item,))
    assert mail_by(peer(server).port, message) is None
    mail = message_from_bytes(server.mail, policy=policy.default)
    assert "King's Cross Bcc: x@y.z (KX)" in mail["Subject"]
    assert mail["Bcc"] is None


def test_a_message_that_cannot_be_made_does_not_make_its_recipient_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("s3cret")

    monkeypatch.setattr(senders, "make_mail", fails)
    failure = mail_by(1)
    assert failure == DeliveryFailure("the delivery failed: KeyError", FailureKind.LATER)


def test_a_mail_about_many_cameras_lists_them(peer: Callable[[Behaviour], Peer]) -> None:
    server = Smtp()
    items = tuple(
        AlertItem(
            number, number, f"S-{number % 3}", f"Site {number % 3}", f"cam-{number}", NOON, "gone"
        )
        for number in range(30)
    )
    assert (
        mail_by(peer(server).port, AlertMessage("b", AlertChange.RAISED, "camera.offline", items))
        is None
    )
    mail = message_from_bytes(server.mail, policy=policy.default)
    assert mail["Subject"].endswith("camera.offline raised: 30 cameras at 3 sites")
    text = mail.get_content()
    assert "10 S-0  Site 0" in text
    assert "camera cam-19: gone" in text
    assert "and 10 more cameras" in text


def drips_greeting(connection: socket.socket) -> None:
    connection.sendall(b"220 ")
    for _ in repeats():
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("behave", "fault", "sentence"),
    [
        (hangs, FailureKind.AWAY, "in time"),
        (drips_greeting, FailureKind.AWAY, "in time"),
        (Smtp(greeting=b"HTTP/1.1 400 Bad"), FailureKind.AWAY, "SMTP"),
        (Smtp(greeting=b"SSH-2.0-OpenSSH_9.2"), FailureKind.AWAY, "SMTP"),
        (Smtp(greeting=b"554 no"), FailureKind.REFUSED, "554"),
        (Smtp(rcpt=b"550 no such user"), FailureKind.REFUSED, "550"),
        (Smtp(rcpt=b"451 greylisted"), FailureKind.LATER, "451"),
        (Smtp(mail=b"553 not from you"), FailureKind.REFUSED, "553"),
        (Smtp(sent=b"452 full"), FailureKind.LATER, "452"),
        (Smtp(quit=b"999 what"), None, ""),
    ],
)
def test_a_hostile_relay_is_a_failure_in_time(
    peer: Callable[[Behaviour], Peer], behave: Behaviour, fault: FailureKind | None, sentence: str
) -> None:
    call_s = SHORT_CALL_S if sentence == "in time" else CALL_S
    there = peer(behave)
    failure = mail_by(there.port, call_s=call_s)
    assert not there.ended_first
    assert (failure.fault if failure else None) == fault, failure
    assert failure is None or sentence in failure.reason, failure


def test_a_relay_that_ends_after_it_took_the_mail_has_taken_it(
    peer: Callable[[Behaviour], Peer],
) -> None:
    class Hasty(Smtp):
        def _say(self, connection: socket.socket, word: str, answer: bytes) -> None:
            if word == "quit":
                raise OSError
            super()._say(connection, word, answer)

    assert mail_by(peer(Hasty()).port) is None


@mock_aws
def test_a_topic_of_sns_gets_the_alert_and_one_that_is_not_there_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setitem(os.environ, "AWS_SECRET_ACCESS_KEY", "testing")
    sns, sqs = boto3.client("sns", "eu-west-2"), boto3.client("sqs", "eu-west-2")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    address = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=address["Attributes"]["QueueArn"],
                  Attributes={"RawMessageDelivery": "true"})  # fmt: skip
    every = Senders()
    assert every.send(Recipient(name="there", to=f"sns:{topic}"), MESSAGE) is None
    (insert_stream,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(insert_stream["Body"]) == MESSAGE.json()
    failure = every.send(Recipient(name="nowhere", to=f"sns:{topic}-of-nobody"), MESSAGE)
    assert failure is not None
    assert failure.fault is FailureKind.LATER


def test_a_topic_without_credentials_is_a_failure_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    recipient = Recipient(name="duty", to="sns:arn:aws:sns:eu-west-2:123456789012:alerts")
    failure = Senders().send(recipient, MESSAGE)
    assert failure is not None
    assert "no credentials are set" in failure.reason
