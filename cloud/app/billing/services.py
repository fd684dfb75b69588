"""Billing in an application: its configuration, its payment providers, and their webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from starlette.requests import HTTPConnection

from cloud.app.context import AppContext
from cloud.billing.configuration import BillingConfig, load_billing
from cloud.billing.finalising import Decision
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.calls import PaymentService
from cloud.billing.payments.provider import PaymentProvider
from cloud.billing.payments.webhooks import ForgedWebhooks

WEBHOOKS = "/api/payments/webhooks/"


@dataclass(frozen=True)
class Billing:
    """Configuration and providers of an application."""

    config: BillingConfig
    providers: Mapping[str, PaymentProvider]
    forged: ForgedWebhooks = field(default_factory=ForgedWebhooks)

    def service(self, context: AppContext) -> PaymentService:
        """The payments of the context's database."""
        return PaymentService(context.engine, self.providers, context.clock)

    def decision(self, context: AppContext, by: str) -> Decision:
        """A decision on a document, now."""
        return Decision(self.config, by, context.clock())


@cache
def sample_config() -> BillingConfig:
    """The configuration where no billing file is named."""
    return load_billing()


def sample_billing() -> Billing:
    """The sample configuration, with payment on account."""
    account = AccountProvider()
    return Billing(sample_config(), {account.name: account})


def get_billing(connection: HTTPConnection) -> Billing:
    """Billing of the application of a request."""
    found: Billing = connection.app.state.billing
    return found


def is_webhook(path: str) -> bool:
    """Whether a path needs no key: its requests have a signature."""
    return path.startswith(WEBHOOKS) and "/" not in path.removeprefix(WEBHOOKS)
