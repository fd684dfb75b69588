"""Every refusal of accounts and sign-in is the client's to correct, but that of a provider."""

from cloud.api.accounts.errors import STATUS_OF
from cloud.api.application import STATUS_OF as EVERY_STATUS
from cloud.app.sign_in.openid_provider import OpenIdProviderError


def test_only_a_provider_that_is_away_is_a_failure_of_the_server():
    assert {kind for kind, (status, _) in STATUS_OF.items() if status >= 500} == {
        OpenIdProviderError
    }


def test_the_application_answers_them_all():
    assert STATUS_OF.items() <= EVERY_STATUS.items()
