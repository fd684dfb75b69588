"""Bolt, the second client of the agency: a booked order, and an invoice of two months ago."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from cloud import database
from cloud.auth.keys import Role
from cloud.billing.document_store import DocumentFilter, list_documents
from cloud.billing.finalising import finalise_invoice
from cloud.booking.orders.lifecycle import book_lines
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.booking.orders.placing import NewOrder, add_lines, place_order
from cloud.booking.orders.policy import load_booking_policy
from cloud.booking.quote_locks import LockedQuote, LockedSlot, new_id, store_quote
from cloud.booking.slots import DeliveryType
from tests.cloud.billing.billing_examples import decision, draft, flight, store_lines
from tests.cloud.rates import sites

DAN = Actor("Dan of Media", frozenset({"media", "acme", "bolt"}), frozenset({Role.AGENCY}))
INVOICED = "SO-BOLT"


def seed(engine: Engine, now: datetime) -> None:
    """Store what the agency sees of Bolt alone."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.writing(engine) as connection:
        work = OrderWork(
            connection=connection, sites=sites(), policy=load_booking_policy(), actor=DAN, now=now
        )
        _book(work, int((today + timedelta(days=12, hours=8)).timestamp()))
        flown = today - timedelta(days=60) + timedelta(hours=8)
        line = flight(
            2, order_id=INVOICED, line_id=f"{INVOICED}-1", starts_at=flown, account="bolt",
            advertiser="Bolt", campaign="Bolt autumn",
        )  # fmt: skip
        store_lines(connection, line, at=flown - timedelta(days=1))
        draft(connection, now=now)
        (tentative,) = list_documents(connection, DocumentFilter(order_id=INVOICED))
        finalise_invoice(connection, tentative.id, decision(now))


def _book(work: OrderWork, hour_at: int) -> None:
    order = place_order(work, NewOrder(name="Bolt launch", account="bolt"))
    quote = LockedQuote(
        id=new_id(), account="bolt", currency="GBP", delivery=DeliveryType.GUARANTEED,
        slots=(LockedSlot("LB-01", hour_at, 1, 1_900, ()),),
        valid_until=work.now + timedelta(hours=1),
        created_by=DAN.name, created_at=work.now, versions={},
    )  # fmt: skip
    store_quote(work.connection, quote)
    add_lines(work, order.id, quote)
    book_lines(work, order, read_lines(work.connection, [order.id]))
