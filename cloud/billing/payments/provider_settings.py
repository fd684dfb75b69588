"""The payment providers of an installation, from the environment.

`ONLOOKER_STRIPE_KEY` and `ONLOOKER_STRIPE_WEBHOOK_SECRETS` (two with a comma between them while one
is replaced) are secrets: a value `@FILE` is read from that file. Without a key, payment is on
account only. `ONLOOKER_STRIPE_URL` says where the key is sent: to Stripe, or to a simulated
provider on this machine. It has no default, so that nothing is sent by oversight.
"""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.provider import PaymentProvider
from cloud.settings import SettingsError
from wire.addresses import AddressError
from wire.command_line import address_in

KEY = "ONLOOKER_STRIPE_KEY"
SECRETS = "ONLOOKER_STRIPE_WEBHOOK_SECRETS"
URL = "ONLOOKER_STRIPE_URL"
RETURN_URL = "ONLOOKER_PAYMENT_RETURN_URL"
STRIPE = "https://api.stripe.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def open_providers(
    environment: Mapping[str, str] = os.environ,
) -> dict[str, PaymentProvider]:
    """The providers by name; raises SettingsError. Stripe's library is loaded if it is used."""
    account = AccountProvider()
    providers: dict[str, PaymentProvider] = {account.name: account}
    key = _read_secret(environment, KEY)
    if key is None:
        return providers
    from cloud.billing.payments.stripe_provider import MOST_SECRETS, StripeProvider, StripeSettings

    secrets = tuple(filter(None, (_read_secret(environment, SECRETS) or "").split(",")))
    if len(secrets) > MOST_SECRETS:
        raise SettingsError(f"{SECRETS} has {len(secrets)} secrets: give at most {MOST_SECRETS}")
    settings = StripeSettings(key, secrets, _read_url(environment), environment.get(RETURN_URL))
    stripe = StripeProvider(settings)
    return {**providers, stripe.name: stripe}


def _read_secret(environment: Mapping[str, str], variable: str) -> str | None:
    given = environment.get(variable)
    try:
        return address_in(given) if given else None
    except AddressError as error:
        raise SettingsError(f"{variable}: {error}") from None


def _read_url(environment: Mapping[str, str]) -> str | None:
    """The address of a simulated provider, or None for Stripe's."""
    given = environment.get(URL)
    if not given:
        raise SettingsError(
            f"{KEY} is set and {URL} is not: set it to {STRIPE}, or to the address of a simulated "
            "provider on this machine"
        )
    if given.rstrip("/") == STRIPE:
        return None
    if urlsplit(given).hostname not in LOOPBACK:
        raise SettingsError(
            f"{URL} is neither {STRIPE} nor a simulated provider on this machine: the key is not "
            "sent there"
        )
    return given
