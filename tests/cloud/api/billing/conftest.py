"""An API with a simulated payment provider, and callers of each kind."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.billing.services import Billing
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.stripe_provider import StripeProvider, StripeSettings
from cloud.database import writing
from simulators.payments.server import PaymentServer
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.billing.billing_examples import CONFIG, store_final_invoice

KEY, SECRET = "sk_test_key", "whsec_key"


@dataclass
class Callers:
    """The API, its provider, and a key of each role; `acme` and `bolt` are advertisers."""

    context: AppContext
    client: ApiClient
    server: PaymentServer
    keys: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def ask(self, who: str, method: str, path: str, body: object = None, **more: str):
        headers = {"x-api-key": self.keys[who], "idempotency-key": f"k{next(self.numbers)}", **more}
        return self.client(method, path, headers=headers, json=body)

    def new_invoice(self) -> str:
        with writing(self.context.engine) as connection:
            name = f"SO-{next(self.numbers)}"
            return store_final_invoice(connection, self.context.clock(), name)

    def send_event(self, event: dict, secret: str = SECRET) -> httpx.Response:
        payload, signature = self.server.sign(event, secret)
        return self.client("POST", "/api/payments/webhooks/stripe", content=payload,
                           headers={"stripe-signature": signature})  # fmt: skip


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with open_app_context(tmp_path_factory.mktemp("billing"), ManualClock()) as context:
        server = PaymentServer(KEY, SECRET, lambda: FRIDAY_NOON.timestamp())
        stripe = StripeProvider(StripeSettings(KEY, (SECRET,), server.start()))
        billing = Billing(CONFIG, {"stripe": stripe, "account": AccountProvider()})
        app = create_app(context, quota=Quota(), billing=billing)
        found = Callers(context, ApiClient(app), server)
        for name, role in (
            ("acme", Role.ADVERTISER), ("bolt", Role.ADVERTISER), ("sales", Role.SALES),
            ("finance", Role.FINANCE), ("auditor", Role.FINANCE),
        ):  # fmt: skip
            account = name if role is Role.ADVERTISER else None
            found.keys[name] = create_key(
                context.engine, role, name, by="a test", now=FRIDAY_NOON, account=account
            )
        yield found
        stripe.close()
        server.stop()
