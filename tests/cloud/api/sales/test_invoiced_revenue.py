"""Invoiced amounts beside booked prices, by month, on both databases."""

from datetime import timedelta

from cloud.billing.credit_amounts import LineCredit
from cloud.billing.credit_notes import approve_credit, request_credit
from cloud.billing.document_store import DocumentFilter, list_documents
from cloud.billing.finalising import finalise_invoice
from cloud.database import writing
from tests.cloud.api.orders.conftest import Market
from tests.cloud.billing.billing_examples import decision, draft
from tests.cloud.booking.orders.order_steps import MONDAY_SEVEN

PATH = "/api/revenue/invoiced?from=2026-11-20&until=2026-11-30"


def read_month(market: Market) -> dict:
    answer = market("finance", "GET", PATH)
    assert answer.status_code == 200, answer.text
    (month,) = answer.json()["months"]
    assert (month["month"], month["currency"]) == ("2026-11-01", "GBP")
    return month


def test_a_month_without_invoices_is_booked_only(market: Market):
    assert market("finance", "GET", PATH).json()["months"] == []
    assert market.act("acme", market.order(), "book").status_code == 200
    found = read_month(market)
    assert (found["booked_minor"], found["booked_invoiced_minor"]) == (210, 0)
    assert (found["invoiced_minor"], found["tentative_minor"], found["orders"]) == (0, 0, 1)


def test_final_invoices_and_credit_notes_are_compared_with_the_same_orders(
    market_of_each: Market,
):
    market = market_of_each
    assert market.act("acme", market.order(), "book").status_code == 200
    later = MONDAY_SEVEN + timedelta(days=30)
    with writing(market.context.engine) as connection:
        draft(connection, now=later)
    drafted = read_month(market)
    assert drafted["invoiced_minor"] == drafted["booked_invoiced_minor"] == 0
    assert drafted["tentative_minor"] != 0
    with writing(market.context.engine) as connection:
        (tentative,) = list_documents(connection, DocumentFilter())
        invoice = finalise_invoice(connection, tentative.id, decision(later))
        credit = [LineCredit(1, 10)]
        asked = request_credit(connection, invoice.id, credit, "no picture", by="Sal", now=later)
        approve_credit(connection, asked.id, decision(later, by="Fay"))
    found = read_month(market)
    net = invoice.content.totals.net_minor
    assert (found["invoiced_minor"], found["invoiced_here_minor"]) == (net, net)
    assert (found["booked_invoiced_minor"], found["credited_minor"]) == (210, 10)
    assert (found["orders"], found["invoiced_orders"], found["tentative_minor"]) == (1, 1, 0)
