"""The attack list: every line is refused, changes nothing, and is recorded in a valid audit log.

Ids of another account in paths are tested for every route in `test_other_accounts.py`; here they
are in bodies and queries.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import msgspec
import pytest

from cloud.api.application import create_app
from cloud.app.billing.services import Billing
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import HEADER
from cloud.app.sign_in.mailer import Mailer
from cloud.app.sign_in.sign_in_state import SignInOptions
from cloud.auth.audit import AuditEntry, read_entries, verify_chain
from cloud.auth.quota import Quota
from cloud.auth.refusal_log import REFUSE, RefusalLog, RefusalRates
from cloud.auth.session_cookie import CSRF_HEADER, LOOPBACK_COOKIE
from cloud.auth.users.user_store import list_users
from cloud.billing.payments.account_provider import AccountProvider
from cloud.billing.payments.stripe_provider import StripeProvider, StripeSettings
from cloud.database import reading, writing
from cloud.messaging.smtp import MailRelay
from simulators.payments.server import PaymentServer
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.test_other_accounts import CREATIVE, PLAN, PLANS, sign_in_user
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.billing.billing_examples import CONFIG, store_final_invoice
from tests.cloud.people import CHEAP, PASSWORD

SECRET: Final = "whsec_key"
WRONG: Final = {"password": "not the password"}
WEBHOOK: Final = "/api/payments/webhooks/stripe"
HOUR: Final = {"location": "KX-01", "time_slot": "2026-11-23T08:00"}
EVENT: Final = {
    "id": "evt_1", "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "amount": 900, "currency": "gbp", "status": "succeeded"}},
}  # fmt: skip
INVALID: Final = "invalid-request"
NUMBERS = itertools.count()
Headers = dict[str, str]


@dataclass(frozen=True)
class Target:
    """The application, users of Acme and of Bolt, and what Acme owns."""

    context: AppContext
    clock: ManualClock
    client: ApiClient
    acme: Headers
    bolt: Headers
    owned: dict[str, str]

    def ask(self, who: Headers, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {**who, HEADER: f"attack-{next(NUMBERS)}"}
        return self.client(method, path, headers=headers, json=body)

    def create(self, path: str, body: Any) -> str:
        answer = self.ask(self.acme, "POST", path, body)
        assert answer.status_code == 201, answer.text
        name: str = answer.json()["id"]
        return name

    def read_entries(self) -> list[AuditEntry]:
        """The audit log, whose chain is verified."""
        with reading(self.context.engine) as connection:
            verify_chain(connection)
            return list(read_entries(connection))

    def read_actions(self) -> list[str]:
        return [one.action for one in self.read_entries()]

    def name_of(self, account: str) -> str:
        """The user of an account as the log names them."""
        with reading(self.context.engine) as connection:
            users = list_users(connection, account)
        return users[0].label if users else account

    @contextmanager
    def expect_refusals(
        self, *expected: tuple[int, str], by: str, others: Sequence[str] = ()
    ) -> Iterator[None]:
        """The log gets entries of refused requests, with status and reason, and the others."""
        before = self.read_entries()
        yield
        after = self.read_entries()
        assert after[: len(before)] == before
        new = [one for one in after[len(before) :] if one.action == REFUSE]
        found = [msgspec.json.decode(one.details) for one in new]
        assert [(one["status"], one["reason"]) for one in found] == list(expected)
        assert {one.actor for one in new} == {self.name_of(by)}
        assert [one.action for one in after[len(before) :] if one not in new] == list(others)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    clock = ManualClock()
    with open_app_context(tmp_path_factory.mktemp("attacks"), clock) as context:
        stripe = StripeProvider(StripeSettings("sk_test_key", (SECRET,), "http://127.0.0.1:1"))
        mailer = Mailer(MailRelay(), "https://sales.example", lambda *_: None)
        app = create_app(
            context,
            quota=Quota(questions=100_000),
            sign_in_options=SignInOptions(CHEAP, mailer),
            billing=Billing(CONFIG, {"stripe": stripe, "account": AccountProvider()}),
            refusals=RefusalLog(RefusalRates(Quota(100_000), Quota(100_000))),
        )
        acme, bolt = (sign_in_user(context, name) for name in ("acme", "bolt"))
        found = Target(context, clock, ApiClient(app), acme, bolt, {})
        own_everything(found)
        yield found
        stripe.close()


def own_everything(target: Target) -> None:
    """What Bolt tries to use of Acme's."""
    quote = target.create("/api/quotes", {"slots": [HOUR]})
    creative = f"tea-{next(NUMBERS)}"
    target.create("/api/creatives", {**CREATIVE, "name": creative})
    with writing(target.context.engine) as connection:
        invoice = store_final_invoice(connection, FRIDAY_NOON, "SO-1")
    target.owned.update(
        quote=quote,
        hold=target.create("/api/holds", {"quote": quote}),
        order=target.create("/api/orders", {"name": "Winter"}),
        brand=target.create("/api/brands", {"account": "acme", "name": "Tea"}),
        creative=creative,
        invoice=invoice,
    )


FOREIGN: Final[dict[str, tuple[str, dict[str, Any], int]]] = {
    "hold their quote": ("/api/holds", {"quote": "quote"}, 404),
    "order for them": ("/api/orders", {"name": "Winter", "account": "acme"}, 404),
    "order with their brand": ("/api/orders", {"name": "Winter", "brand": "brand"}, 404),
    "line of their quote": ("/api/orders/OWN/lines", {"quote": "quote"}, 404),
    "line of their hold": ("/api/orders/OWN/lines", {"hold": "hold"}, 404),
    "line with their creative": (
        "/api/orders/OWN/lines", {"quote": "OWN QUOTE", "creatives": ["creative"]}, 422,
    ),
    "pay their order": ("/api/payments", {"order": "order"}, 404),
    "pay their invoice": ("/api/payments", {"invoice": "invoice"}, 404),
    "brand for them": ("/api/brands", {"account": "acme", "name": "Coffee"}, 404),
    "quote for them": ("/api/quotes?account=acme", {"slots": [HOUR]}, 403),
    "plan for them": (f"{PLANS}?account=acme", PLAN, 403),
}  # fmt: skip

REASONS: Final = {
    "hold their quote": "unknown-quote",
    "order for them": "unknown-account",
    "order with their brand": "unknown-brand",
    "line of their quote": "unknown-quote",
    "line of their hold": "unknown-hold",
    "line with their creative": "invalid-creatives",
    "pay their order": "unknown-order",
    "pay their invoice": "unknown-invoice",
    "brand for them": "unknown-account",
}


@pytest.mark.parametrize("attack", FOREIGN)
def test_another_accounts_ids_in_a_body_or_query(target: Target, attack: str):
    path, body, status = FOREIGN[attack]
    own = target.ask(target.bolt, "POST", "/api/orders", {"name": "Spring"}).json()["id"]
    quoted = target.ask(target.bolt, "POST", "/api/quotes", {"slots": [HOUR]}).json()["id"]
    names = {**target.owned, "OWN QUOTE": quoted}
    filled = {
        name: [names.get(one, one) for one in value] if name == "creatives"
        else names.get(value, value) if isinstance(value, str) else value
        for name, value in body.items()
    }  # fmt: skip
    reason = REASONS.get(attack, "forbidden")
    with target.expect_refusals((status, reason), by="bolt"):
        refused = target.ask(target.bolt, "POST", path.replace("OWN", own), filled)
    assert refused.status_code == status, refused.text


def test_a_creative_for_another_account_is_not_stored(target: Target):
    asked = {**CREATIVE, "name": "theirs", "account": "acme"}
    with target.expect_refusals((404, "unknown-account"), by="bolt"):
        refused = target.ask(target.bolt, "POST", "/api/creatives", asked)
    assert (refused.status_code, refused.json()["title"]) == (404, "Unknown account")
    names = target.ask(target.acme, "GET", "/api/creatives").json()["creatives"]
    assert [one["name"] for one in names] == [target.owned["creative"]]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/api/quotes", {"slots": [{**HOUR, "price_minor": 1}]}, INVALID),
        ("/api/holds", {"quote": "quote", "total_minor": 1}, INVALID),
        ("/api/orders/order/lines", {"quote": "quote", "price_minor": 1}, INVALID),
        ("/api/orders/order/lines", {"quote": "quote", "discount_bp": 9_000}, INVALID),
        ("/api/payments", {"invoice": "invoice", "amount_minor": 1}, "wrong-amount"),
        ("/api/payments", {"invoice": "invoice", "currency": "JPY"}, "wrong-amount"),
    ],
)
def test_a_price_changed_in_the_client(
    target: Target, path: str, body: dict[str, Any], reason: str
):
    refuse(target, path, body, reason)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/quotes", {"slots": [{**HOUR, "positions": -1}]}),
        ("/api/holds", {"selection": {"slots": [{**HOUR, "positions": -1}]}}),
        ("/api/orders", {"name": "Winter", "budget_minor": -1}),
        ("/api/orders/order/changes", {"line": "f" * 32, "positions": -1, "reason": "more"}),
        ("/api/payments", {"invoice": "invoice", "amount_minor": -900}),
        (PLANS, {**PLAN, "budget": "-90.00"}),
    ],
)
def test_a_negative_quantity(target: Target, path: str, body: dict[str, Any]):
    refuse(target, path, body, INVALID)


def refuse(target: Target, path: str, body: dict[str, Any], reason: str) -> None:
    """Acme sends a request about its own objects, which is refused and recorded as refused."""
    for name, value in target.owned.items():
        path = path.replace(f"/{name}/", f"/{value}/")
    filled = {
        name: target.owned.get(value, value) if isinstance(value, str) else value
        for name, value in body.items()
    }
    with target.expect_refusals((422, reason), by="acme"):
        refused = target.ask(target.acme, "POST", path, filled)
    assert refused.status_code == 422, refused.text


@pytest.mark.parametrize("attack", ["forged", "replayed"])
def test_a_forged_or_replayed_webhook(target: Target, attack: str):
    signed_at = target.clock.now - timedelta(hours=attack == "replayed")
    secret = "whsec_other" if attack == "forged" else SECRET
    provider = PaymentServer("sk_test_key", secret, signed_at.timestamp)
    payload, signature = provider.sign(EVENT)
    target.clock.advance(timedelta(seconds=11))  # one entry in ten seconds
    before = target.read_actions()

    refused = target.client(
        "POST", WEBHOOK, content=payload, headers={"stripe-signature": signature}
    )

    assert refused.status_code == 400
    assert target.read_actions() == [*before, "webhook.refuse"]


def test_an_expired_quote(target: Target):
    quote = target.create("/api/quotes", {"slots": [{**HOUR, "time_slot": "2026-11-23T10:00"}]})
    target.clock.advance(timedelta(minutes=31))
    where = f"/api/orders/{target.owned['order']}/lines"
    expired = (409, "quote-expired")
    with target.expect_refusals(expired, expired, by="acme", others=["quote.lock"]):
        held = target.ask(target.acme, "POST", "/api/holds", {"quote": quote})
        ordered = target.ask(target.acme, "POST", where, {"quote": quote})
    assert (held.status_code, ordered.status_code) == (409, 409)
    assert held.json()["quote"] != quote  # with the present price


def test_a_hold_is_not_extended_for_ever(target: Target):
    hold = target.create("/api/holds", {"selection": {"slots": [{**HOUR, "positions": 2}]}})
    most = target.context.booking_policy.hold_policy.extensions
    answers = [extend(target, hold) for _ in range(most)]
    with target.expect_refusals((409, "hold-limit"), (409, "hold-limit"), by="acme"):
        answers += [extend(target, hold) for _ in range(2)]
    assert answers == [200] * most + [409] * 2
    found = target.ask(target.acme, "GET", f"/api/holds/{hold}").json()
    assert found["extensions"] == most
    assert found["expires_at"] <= found["latest_at"]


def extend(target: Target, hold: str) -> int:
    target.clock.advance(timedelta(hours=1))
    return target.ask(target.acme, "POST", f"/api/holds/{hold}/extend").status_code


@pytest.mark.parametrize("token", [None, "f" * 64])
def test_a_request_forged_by_another_page(target: Target, token: str | None):
    headers = {name: value for name, value in target.acme.items() if name != CSRF_HEADER}
    if token is not None:
        headers[CSRF_HEADER] = token
    with target.expect_refusals((403, "forged-request"), by="acme"):
        refused = target.ask(headers, "POST", "/api/orders", {"name": "Winter"})
    assert (refused.status_code, refused.json()["title"]) == (403, "Forged request")


def test_a_change_sent_by_a_page_of_another_origin(target: Target):
    headers = {**target.acme, "origin": "https://evil.example"}
    with target.expect_refusals((403, "foreign-origin"), by="unidentified"):
        refused = target.ask(headers, "POST", "/api/orders", {"name": "Winter"})
    assert refused.status_code == 403


def test_a_session_that_was_fixed_before_the_sign_in(target: Target):
    fixed = f"{LOOPBACK_COOKIE}={'a' * 43}"
    credentials = {"email": "bob@acme.example", "password": PASSWORD}
    before = target.read_actions()
    signed_in = target.client(
        "POST", "/api/sign-in", headers={"cookie": fixed, "host": "localhost"}, json=credentials
    )
    assert signed_in.status_code == 200, signed_in.text
    assert "a" * 43 not in signed_in.headers["set-cookie"]
    taken = target.client("GET", "/api/orders", headers={"cookie": fixed})
    assert taken.status_code == 401
    assert target.read_actions() == [*before, "user.sign_in"]


def test_a_sign_in_does_not_reveal_who_has_an_account(target: Target):
    before = target.read_actions()
    headers = {"x-request-id": "the-same-every-time", "host": "localhost"}
    answers = [
        target.client("POST", "/api/sign-in", headers=headers, json={"email": email, **WRONG})
        for email in ("bob@acme.example", "nobody@acme.example")
    ]
    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert target.read_actions() == [*before, *["user.sign_in_failed"] * 2]
