"""Failed sign-ins are recorded at a bounded rate, and those left out are counted."""

from datetime import timedelta

import msgspec
import pytest

from cloud.auth import audit
from cloud.auth.quota import Quota
from cloud.auth.users.failure_log import FailureLog, network_of
from cloud.auth.users.sign_in import SignInOutcome, SignInResult
from cloud.database import reading
from tests.cloud.auth.users.conftest import NOW


def test_an_attack_fills_no_more_than_the_rate(people):
    log, hour = FailureLog(Quota(3, timedelta(hours=1))), timedelta(hours=1)
    wrong = SignInResult(SignInOutcome.WRONG_PASSWORD, people.bob.id)
    for _ in range(50):
        log.record(people.engine, wrong, "192.0.2.7", NOW)
    log.record(
        people.engine, SignInResult(SignInOutcome.UNKNOWN_USER), "2001:db8:1:2::3", NOW + hour
    )

    with reading(people.engine) as connection:
        failed = [
            one for one in audit.read_entries(connection) if one.action == "user.sign_in_failed"
        ]
    assert [one.object for one in failed] == [people.bob.id] * 3 + ["unknown"]
    assert msgspec.json.decode(failed[0].details) == {
        "reason": "wrong_password", "network": "192.0.2.0/24", "left_out": 0,
    }  # fmt: skip
    assert msgspec.json.decode(failed[3].details) == {
        "reason": "unknown_user", "network": "2001:db8:1::/48", "left_out": 47,
    }  # fmt: skip


@pytest.mark.parametrize("client", ["", "unix", "localhost", "1.2.3"])
def test_a_client_without_an_address_is_unknown(client: str):
    assert network_of(client) == "unknown"
