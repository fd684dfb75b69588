"""Each field of an account is validated with what to write instead."""

from dataclasses import replace

import pytest

from cloud.auth.accounts.account import (
    AccountError,
    AccountKind,
    AccountProfile,
    validate_profile,
)

GOOD = AccountProfile(id="acme", name="Acme", kind=AccountKind.ADVERTISER)
AGENCY = AccountProfile(id="media", name="Media", kind=AccountKind.AGENCY)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": "Acme"}, "lower-case letters"),
        ({"id": ""}, "lower-case letters"),
        ({"name": " "}, "printable characters"),
        ({"name": "a\nb"}, "printable characters"),
        ({"name": "x" * 121}, "1 to 120"),
        ({"currency": "XXX"}, "ISO 4217"),
        ({"currency": "pounds"}, "ISO 4217"),
        ({"country": "UKR"}, "ISO 3166"),
        ({"vat_number": "123 456"}, "country code"),
        ({"billing_email": "nobody"}, "ann@example.org"),
        ({"billing_email": "a@b.c\nBcc: x@y.z"}, "ann@example.org"),
        ({"address": ("a",) * 7}, "at most 6"),
        ({"address": ("",)}, "address line"),
        ({"commission_bp": 100}, "only an agency"),
        ({"credit_limit_minor": -1}, "credit limit -1"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused(change, sentence):
    with pytest.raises(AccountError, match=sentence):
        validate_profile(replace(GOOD, **change))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"agency": "other"}, "only an advertiser"), ({"commission_bp": 5_001}, "0 to 5000")],
)
def test_an_agency_has_a_limited_commission_and_no_agency(change, sentence):
    validate_profile(replace(AGENCY, commission_bp=5_000))
    with pytest.raises(AccountError, match=sentence):
        validate_profile(replace(AGENCY, **change))
