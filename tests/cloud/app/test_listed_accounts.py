"""A list has the objects of the accounts that its caller sees, or of one of them."""

import pytest

from cloud.app.listed_accounts import choose_accounts
from cloud.auth.access import Caller
from tests.cloud.app.test_buyer import ADVERTISER, AGENCY, STAFF


@pytest.mark.parametrize(
    ("caller", "account", "accounts"),
    [
        (AGENCY, None, {"media", "acme"}),
        (AGENCY, "acme", {"acme"}),
        (AGENCY, "bolt", set()),
        (ADVERTISER, "media", set()),
        (STAFF, None, None),
        (STAFF, "bolt", {"bolt"}),
    ],
)
def test_accounts_follow_from_the_caller_and_the_named_account(
    caller: Caller, account: str | None, accounts: set[str] | None
) -> None:
    assert choose_accounts(caller, account) == accounts
