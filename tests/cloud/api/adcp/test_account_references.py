"""A reference means one account of the caller; everything else is the same refusal."""

import pytest

from tests.cloud.api.adcp.conftest import ACCOUNT, Seller

BRAND = {"domain": "unregistered.example"}


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (ACCOUNT | {"sandbox": True}, "ACCOUNT_NOT_FOUND"),
        ({"account_id": "bolt"}, "ACCOUNT_NOT_FOUND"),
        ({"account_id": "nobody"}, "ACCOUNT_NOT_FOUND"),
        ({"brand": BRAND, "operator": "unregistered.example"}, "ACCOUNT_NOT_FOUND"),
        ({"brand": BRAND}, "INVALID_REQUEST"),
        ({}, "INVALID_REQUEST"),
        ({"account_id": "../acme"}, "ACCOUNT_NOT_FOUND"),
        ({"account_id": "a\x00b"}, "INVALID_REQUEST"),
    ],
)
def test_a_reference_to_no_account_of_the_caller_is_refused(
    seller: Seller, reference: dict, code: str
) -> None:
    assert seller.refuse("get_media_buys", account=reference)["code"] == code
