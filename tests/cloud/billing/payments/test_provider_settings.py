"""Providers from the environment; secrets also from files, and never in a text."""

import pytest

from cloud.billing.payments.provider_settings import open_providers
from cloud.settings import SettingsError

KEY = {
    "ONLOOKER_STRIPE_KEY": "sk_test_secret", "ONLOOKER_STRIPE_URL": "https://api.stripe.com",
}  # fmt: skip


def test_without_a_key_payment_is_on_account_only():
    assert list(open_providers({})) == ["account"]


def test_a_key_and_two_secrets_set_stripe_up(tmp_path):
    file = tmp_path / "key"
    file.write_text("sk_test_secret\n")
    found = open_providers({
        "ONLOOKER_STRIPE_KEY": f"@{file}", "ONLOOKER_STRIPE_WEBHOOK_SECRETS": "whsec_a,whsec_b",
        "ONLOOKER_STRIPE_URL": "http://127.0.0.1:12111",
    })  # fmt: skip
    assert list(found) == ["account", "stripe"]
    assert "secret" not in repr(vars(found["stripe"])["_settings"])
    assert "whsec" not in repr(vars(found["stripe"])["_settings"])


def test_the_key_is_sent_to_stripe_where_its_address_is_given():
    stripe = open_providers(KEY)["stripe"]
    assert vars(stripe)["_settings"].url is None


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"ONLOOKER_STRIPE_WEBHOOK_SECRETS": "a,b,c"}, "has 3 secrets: give at most 2"),
        ({"ONLOOKER_STRIPE_KEY": "@/nowhere/key"}, "ONLOOKER_STRIPE_KEY: the file"),
        ({"ONLOOKER_STRIPE_URL": "http://example.org"}, "the key is not sent there"),
        ({"ONLOOKER_STRIPE_URL": ""}, "ONLOOKER_STRIPE_URL is not: set it to https://api.stripe"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(more, reason):
    with pytest.raises(SettingsError, match=reason):
        open_providers(KEY | more)
