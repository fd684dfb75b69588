"""Publishing to a telephone through moto, and refusals of SNS as failures."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from cloud.messaging import sns
from cloud.messaging.deadline import Deadline
from cloud.messaging.failures import FailureKind, run_call


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def publish() -> Any:
    message = {"PhoneNumber": "+447700900123", "Message": "hello"}
    return run_call(lambda: sns.publish("eu-west-1", Deadline.after(5.0), **message))


def test_a_text_message_is_published() -> None:
    with mock_aws():
        assert publish() is None
        sent = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages
        assert [(number, text) for number, text in sent.values()] == [("+447700900123", "hello")]


def test_a_throttled_message_is_to_be_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    class Throttled:
        def publish(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "Throttling"}}, "Publish")

    monkeypatch.setattr(sns, "create_client", lambda *_, **__: Throttled())
    failure = publish()
    assert failure.fault is FailureKind.LATER
    assert "Throttling" in failure.reason


@pytest.mark.parametrize("error", [ReadTimeoutError, ConnectionClosedError])
def test_a_message_without_an_answer_may_have_been_taken(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    class Hanging:
        def publish(self, **_: object) -> None:
            raise error(endpoint_url="https://sns.example")

    monkeypatch.setattr(sns, "create_client", lambda *_, **__: Hanging())
    assert not publish().is_outcome_known
