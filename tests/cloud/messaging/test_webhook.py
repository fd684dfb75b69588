"""A signed POST: what a receiver verifies, and what its answers mean."""

import hashlib
import hmac
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cloud.messaging.deadline import Deadline
from cloud.messaging.failures import DeliveryFailure, FailureKind, run_call
from cloud.messaging.public_addresses import is_public
from cloud.messaging.webhook import SignedPost, post_webhook
from tests.cloud.peers import Behaviour, Peer, request_of, says
from wire.addresses import parse_address

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
POST = SignedPost(b'{"a": 1}', "key-1", NOON, b"s3cret")


def post(port: int, **options: object) -> DeliveryFailure | None:
    address = parse_address(f"http://localhost:{port}/hook")
    return run_call(lambda: post_webhook(address, POST, Deadline.after(10.0), **options))  # type: ignore[arg-type]


def test_a_receiver_can_verify_time_and_body(peer: Callable[[Behaviour], Peer]) -> None:
    got: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 204 No\r\n\r\n")

    assert post(peer(behave).port) is None
    head, _, body = got[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    fields = dict(part.split("=") for part in headers["Onlooker-Signature"].split(","))
    expected = hmac.new(b"s3cret", fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert fields["v1"] == expected
    assert datetime.fromtimestamp(int(fields["t"]), UTC) == NOON
    assert headers["Idempotency-Key"] == "key-1"
    assert "s3cret" not in repr(POST)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(410, FailureKind.REFUSED), (404, FailureKind.REFUSED), (302, FailureKind.REFUSED),
     (500, FailureKind.LATER), (408, FailureKind.LATER), (429, FailureKind.AWAY)],
)  # fmt: skip
def test_an_answer_other_than_2xx_is_a_failure_with_its_status(
    peer: Callable[[Behaviour], Peer], status: int, fault: FailureKind
) -> None:
    failure = post(peer(says(b"HTTP/1.1 %d Oh\r\n\r\n" % status)).port)
    assert failure is not None
    assert (failure.status, failure.fault) == (status, fault)


def test_a_name_that_leads_to_a_private_address_gets_nothing(
    peer: Callable[[Behaviour], Peer],
) -> None:
    got: list[bytes] = []
    failure = post(peer(lambda one: got.append(one.recv(1))).port, is_allowed=is_public)
    assert failure is not None
    assert failure.fault is FailureKind.REFUSED
    assert "public internet" in failure.reason
    assert got == []
