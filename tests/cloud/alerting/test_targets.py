"""A target is validated when it is read, and a refusal does not quote it."""

import pytest

from cloud.alerting.targets import TargetError, parse_target

SECRET = "T0P-s3cret"


@pytest.mark.parametrize(
    "to",
    [
        "https://hooks.example.com/services/x?y=1",
        "http://127.0.0.1:8080",
        "https://user:pass@[2001:db8::1]:8443/hook",
        "mailto:ops@example.com",
        "mailto:ops+alerts@localhost",
        "sns:arn:aws:sns:eu-west-2:123456789012:alerts",
        "log:",
    ],
)
def test_a_target_that_can_be_used_is_read(to: str) -> None:
    assert parse_target(to)


@pytest.mark.parametrize(
    "to",
    [
        f"ftp://{SECRET}",
        f"htps://hooks.example.com/{SECRET}",
        f"https://hooks.example.com/{SECRET} x",
        f"https://hooks.example.com/{SECRET}\nX-Header: 1",
        f"https:///{SECRET}",
        f"https://host:99999/{SECRET}",
        f"https://[::1/{SECRET}",
        f"mailto:ops@example.com\nBcc: {SECRET}@example.com",
        f"mailto:ops@example.com, {SECRET}@example.com",
        f"mailto:ops@example.com?subject={SECRET}",
        "mailto:",
        "mailto:nobody",
        "mailto:a@b..c",
        f"sns:{SECRET}",
        "log:here",
        f"javascript:{SECRET}",
        f"file:///{SECRET}",
    ],
)
def test_a_target_that_cannot_be_used_is_refused_without_quoting_it(to: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse_target(to)
    assert SECRET not in str(refused.value)
