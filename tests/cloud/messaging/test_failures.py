"""Whatever a call raises becomes a failure with a sentence that quotes nothing of the answer."""

import http.client
import smtplib
import ssl

import pytest

from cloud.messaging.failures import (
    DeliveryFailure,
    FailedCallError,
    FailureKind,
    PrivateAddressError,
    TargetError,
    run_call,
)


@pytest.mark.parametrize(
    ("error", "fault", "sentence"),
    [
        (TimeoutError("s3cret"), FailureKind.AWAY, "in time"),
        (ssl.SSLError("s3cret"), FailureKind.AWAY, "TLS"),
        (ConnectionRefusedError(111, "Connection refused"), FailureKind.AWAY, "refused"),
        (http.client.BadStatusLine("s3cret"), FailureKind.AWAY, "not HTTP"),
        (smtplib.SMTPException("s3cret"), FailureKind.AWAY, "SMTP"),
        (TargetError("`to` is no target"), FailureKind.AWAY, "no target"),
        (PrivateAddressError(), FailureKind.REFUSED, "public internet"),
        (KeyError("s3cret"), FailureKind.LATER, "KeyError"),
        (FailedCallError("gone", FailureKind.REFUSED, 410), FailureKind.REFUSED, "gone"),
    ],
)
def test_an_error_is_a_failure(error: Exception, fault: FailureKind, sentence: str) -> None:
    def fail() -> None:
        raise error

    failure = run_call(fail)
    assert failure is not None
    assert failure.fault is fault
    assert sentence in failure.reason
    assert "s3cret" not in failure.reason


def test_a_call_that_ends_is_no_failure() -> None:
    assert run_call(lambda: None) is None
    assert DeliveryFailure("away").fault is FailureKind.AWAY
