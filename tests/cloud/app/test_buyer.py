"""A request is quoted for the account of its caller; staff and agencies may name others."""

import pytest
from starlette.requests import Request

from cloud.app.buyer import Buyer, buyer_of
from cloud.auth.access import Caller, Forbidden


def request_of(caller: Caller | None) -> Request:
    scope = {"type": "http", "headers": []} | ({"caller": caller} if caller else {})
    return Request(scope)


ADVERTISER = Caller("Acme (key 1)", "acme", sees_all=False)
AGENCY = Caller("Media (key 3)", "media", sees_all=False, clients=frozenset({"acme"}))
STAFF = Caller("Mary (key 2)", "2", sees_all=True)


@pytest.mark.parametrize(
    ("caller", "account", "buyer"),
    [
        (ADVERTISER, None, Buyer("acme", is_staff=False)),
        (ADVERTISER, "acme", Buyer("acme", is_staff=False)),
        (AGENCY, None, Buyer("media", is_staff=False)),
        (AGENCY, "acme", Buyer("acme", is_staff=False)),
        (STAFF, None, Buyer(None, is_staff=True)),
        (STAFF, "acme", Buyer("acme", is_staff=True)),
        (STAFF, "no-such-account", Buyer("no-such-account", is_staff=True)),
        (None, None, Buyer(None, is_staff=True)),  # no keys are required
        (None, "acme", Buyer("acme", is_staff=True)),
    ],
)
def test_the_buyer_follows_from_the_caller_and_the_named_account(
    caller: Caller | None, account: str | None, buyer: Buyer
) -> None:
    assert buyer_of(request_of(caller), account) == buyer


@pytest.mark.parametrize("account", ["bolt", "", "ACME", "acme "])
def test_an_advertiser_and_an_agency_cannot_name_the_account_of_another(account: str) -> None:
    for caller in (ADVERTISER, AGENCY):
        with pytest.raises(Forbidden, match="omit `account`"):
            buyer_of(request_of(caller), account)
