"""What is due for an order, the credit of who pays, and what was paid already."""

from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.keys import Role, create_key
from cloud.booking.quote_locks import store_quote
from cloud.database import writing
from tests.cloud.api.billing.conftest import Callers
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.booking.orders.order_steps import priced_quote


def new_order(callers: Callers, who: str) -> str:
    """An order of one reserved line of 2.10."""
    quote = priced_quote(account=who)
    with writing(callers.context.engine) as connection:
        store_quote(connection, quote)
    placed = callers.ask(who, "POST", "/api/orders", {"name": "Winter"}).json()["id"]
    lines = callers.ask(who, "POST", f"/api/orders/{placed}/lines", {"quote": quote.id})
    assert lines.status_code == 201, lines.text
    callers.ask(who, "POST", f"/api/orders/{placed}/actions", {"action": "reserve"})
    return placed


def add_buyer(callers: Callers, profile: AccountProfile, role: Role = Role.ADVERTISER) -> None:
    """An account, and a key of the same name."""
    engine = callers.context.engine
    with writing(engine) as connection:
        create_account(connection, profile, by="me", now=FRIDAY_NOON)
    callers.keys[profile.id] = create_key(
        engine, role, profile.id, by="me", now=FRIDAY_NOON, account=profile.id
    )


def test_a_client_does_not_see_the_credit_of_its_agency(callers: Callers) -> None:
    agency = AccountProfile(
        id="best", name="Best", kind=AccountKind.AGENCY, country="GB", credit_limit_minor=7_777
    )
    client = AccountProfile(
        id="kite", name="Kite", kind=AccountKind.ADVERTISER, country="GB", agency="best"
    )
    add_buyer(callers, agency, Role.AGENCY)
    add_buyer(callers, client)
    order = new_order(callers, "kite")
    path = f"/api/orders/{order}/payment-options"
    hidden, shown = (callers.ask(who, "GET", path).json() for who in ("kite", "best"))

    assert (hidden["payer"], hidden["is_own_payer"]) == ("best", False)
    assert (hidden["credit_limit_minor"], hidden["credit_used_minor"]) == (None, None)
    assert (shown["is_own_payer"], shown["credit_limit_minor"]) == (True, 7_777)
    assert hidden["is_within_credit"] is shown["is_within_credit"] is True


def test_without_credit_the_order_is_paid_in_advance_and_booked(callers: Callers) -> None:
    profile = AccountProfile(id="nova", name="Nova", kind=AccountKind.ADVERTISER, country="GB")
    add_buyer(callers, profile)
    order = new_order(callers, "nova")
    path = f"/api/orders/{order}/payment-options"
    found = callers.ask("nova", "GET", path).json()
    assert (found["due_minor"], found["vat_minor"], found["currency"]) == (252, 42, "GBP")
    assert (found["is_within_credit"], found["credit_limit_minor"]) == (False, 0)
    assert (found["is_own_payer"], found["open_payment"]) == (True, None)
    assert {one["name"]: one["is_simulated"] for one in found["providers"]} == {
        "stripe": True, "account": False,
    }  # fmt: skip
    asked = {"order": order, "provider": "stripe", "amount_minor": 252, "currency": "GBP"}
    payment = callers.ask("nova", "POST", "/api/payments", asked).json()["id"]
    assert callers.ask("nova", "GET", path).json()["open_payment"] == payment
    confirm = {"payment_method": "pm_card_visa"}
    callers.ask("nova", "POST", f"/api/payments/{payment}/confirm", confirm)
    paid = callers.ask("nova", "GET", path).json()
    assert (paid["due_minor"], paid["is_within_credit"]) == (0, True)
    assert [one["status"] for one in paid["payments"]] == ["succeeded"]
    only = callers.ask("nova", "GET", f"/api/payments?document=order:{order}").json()["payments"]
    assert [one["id"] for one in only] == [payment]
    assert callers.ask("acme", "GET", path).status_code == 404


def test_invoices_are_exported_with_amounts_in_the_currency(callers: Callers) -> None:
    invoice = callers.new_invoice()
    shown = callers.ask("acme", "GET", f"/api/invoices/{invoice}").json()
    answer = callers.ask("acme", "GET", "/api/invoices.csv?kind=invoice")
    assert answer.headers["content-disposition"] == 'attachment; filename="invoices.csv"'
    row = next(one for one in answer.text.splitlines() if one.startswith(f"{shown['number']},"))
    assert row.endswith(f"{shown['total']},0.00,{shown['currency']}")
    assert callers.ask("bolt", "GET", "/api/invoices.csv").text.count("\r\n") == 1
