"""Requests are sent until they are answered; an answer is recognised by its token."""

import logging
from itertools import pairwise

import msgspec
import pytest

from edge_agent.management.mqtt_rpc import RpcRequest, parse_body, redact_reason

TOPIC = "$aws/things/kx-01-cam-1/jobs/get"


class Link:
    """A link that stores what is published, or cannot accept it now."""

    def __init__(self):
        self.is_ready = True
        self.sent = []

    def publish(self, topic, payload):
        if self.is_ready:
            self.sent.append((topic, msgspec.json.decode(payload)))
        return self.is_ready


@pytest.fixture
def link():
    return Link()


@pytest.fixture
def request_(link):
    return RpcRequest(link)


def token(link):
    return link.sent[-1][1]["clientToken"]


def test_a_request_is_sent_at_once_with_its_body_and_a_token(link, request_):
    request_.send_request(TOPIC, {"state": {"a": 1}}, 100.0)
    ((topic, body),) = link.sent
    assert (topic, body["state"]) == (TOPIC, {"a": 1})
    assert len(body["clientToken"]) == 16
    assert request_.is_open


def test_without_an_answer_it_is_sent_again_after_twice_the_time_up_to_five_minutes(link, request_):
    request_.send_request(TOPIC, {}, 0.0)
    sent_s = [0]
    for second in range(1, 2_000):
        before = len(link.sent)
        request_.pump(float(second))
        sent_s += [second] * (len(link.sent) - before)
    waits = [later - earlier for earlier, later in pairwise(sent_s)]
    assert waits[:7] == [10, 20, 40, 80, 160, 300, 300]
    assert len({body["clientToken"] for _, body in link.sent}) == 1


def test_a_link_that_accepts_nothing_now_does_not_cost_the_time(link, request_):
    link.is_ready = False
    request_.send_request(TOPIC, {}, 0.0)
    request_.pump(1.0)
    assert link.sent == []
    link.is_ready = True
    request_.pump(1.2)
    request_.pump(11.1)
    assert len(link.sent) == 1
    request_.pump(11.2)
    assert len(link.sent) == 2


@pytest.mark.parametrize("end", ["/accepted", "/rejected"])
def test_an_answer_closes_the_request(link, request_, end):
    request_.send_request(TOPIC, {}, 0.0)
    body = {"clientToken": token(link)}
    assert request_.accept_answer(TOPIC + end, body)
    assert not request_.is_open
    assert not request_.accept_answer(TOPIC + end, body)
    request_.pump(1e6)
    assert len(link.sent) == 1


def test_an_answer_of_another_request_changes_nothing(link, request_):
    assert not request_.accept_answer(f"{TOPIC}/accepted", {"clientToken": ""})
    request_.send_request(TOPIC, {}, 0.0)
    for topic, body in (
        (f"{TOPIC}/accepted", {}),
        (f"{TOPIC}/accepted", {"clientToken": "other"}),
        (f"{TOPIC}/accepted", {"clientToken": None}),
        (TOPIC, {"clientToken": token(link)}),
        ("$aws/things/other/jobs/get/accepted", {"clientToken": token(link)}),
    ):
        assert not request_.accept_answer(topic, body)
    assert request_.is_open


def test_a_new_request_replaces_the_open_one(link, request_):
    request_.send_request(TOPIC, {}, 0.0)
    first = token(link)
    request_.pump(10.0)
    request_.send_request(f"{TOPIC}-2", {}, 12.0)
    assert not request_.accept_answer(f"{TOPIC}/accepted", {"clientToken": first})
    request_.pump(21.9)
    assert len(link.sent) == 3
    request_.pump(22.0)
    assert len(link.sent) == 4


def test_a_body_that_may_not_leave_the_camera_is_not_sent(link, request_, caplog):
    request_.send_request(TOPIC, {"state": {}}, 0.0)
    with caplog.at_level(logging.ERROR):
        request_.send_request(TOPIC, {"state": {"a": "f" * 64}}, 1.0)
    assert not request_.is_open
    request_.pump(100.0)
    assert len(link.sent) == 1
    assert caplog.messages == ["management.request_blocked"]


def test_a_body_over_the_limit_of_a_shadow_is_not_sent(link, request_):
    request_.send_request(TOPIC, {"state": ["word"] * 2_000}, 0.0)
    assert link.sent == []


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("no frames within 30 s", "no frames within 30 s"),
        ("no model Zaphod on this camera", "no model ... on this camera"),
        (f"sha256 {'0123456789ab' * 4}", "sha256 0123456789ab..."),
        ("no frames: größer", "no frames: ...  ..."),
        ("", ""),
    ],
)
def test_a_reason_is_sent_without_quotations(reason, sent):
    assert redact_reason(reason) == sent


def test_a_long_reason_is_shortened():
    assert len(redact_reason("no frames " * 200)) == 400


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"version": 3}', {"version": 3}),
        (b"{}", {}),
        (b"", {}),
        (b"[1]", {}),
        (b"null", {}),
        (b'{"a": ', {}),
        (b'{"a": "\xff"}', {}),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, {}),
    ],
)
def test_a_payload_that_is_no_object_is_an_empty_body(payload, body):
    assert parse_body(payload) == body
