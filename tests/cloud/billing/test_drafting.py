"""One tentative invoice for each order and month; what was added later is a further invoice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.audit import verify_chain
from cloud.billing import drafting
from cloud.billing.document import DocumentStatus, LineKind
from cloud.billing.document_store import DocumentFilter, list_documents, read_document
from cloud.booking.order_line import BookingStatus
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_1,
    DEC_5,
    NOV_2,
    amounts,
    draft,
    draft_one,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY


def test_an_invoice_of_a_client_goes_to_its_agency_less_its_commission(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(3), flight(2, line_id="SO-1-2", positions=2))
        invoice = draft_one(connection)
        verify_chain(connection)
    content = invoice.content
    assert (invoice.account, invoice.payer, content.buyer.name) == ("acme", "north", "North Agency")
    assert [(line.kind, line.quantity, line.amount_minor) for line in content.lines] == [
        (LineKind.HOURS, Decimal(3), 750),
        (LineKind.HOURS, Decimal(4), 1_000),
        (LineKind.COMMISSION, Decimal(-1), -263),  # 15 % of 17.50 is 2.625
    ]
    assert (content.totals.net_minor, content.totals.vat_minor) == (1_487, 297)  # 297.4
    assert content.totals.total_minor == 1_784
    assert (invoice.status, invoice.number) == (DocumentStatus.TENTATIVE, None)


@SQLITE_ONLY
def test_a_month_is_drafted_when_its_last_slot_is_over_and_only_where_it_changed(engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(3))
        assert draft(connection, now=NOV_2 + timedelta(hours=2)).drafted == ()
        first = draft_one(connection)
        assert draft(connection).drafted == ()
        store_lines(connection, flight(4))
        assert draft_one(connection).id == first.id
        assert read_document(connection, first.id).content.lines[0].amount_minor == 1_000
        store_lines(connection, flight(4, booking_status=BookingStatus.CANCELED))
        draft(connection)
        assert list_documents(connection) == []


@SQLITE_ONLY
def test_a_flight_over_two_months_has_an_invoice_for_each(engine: Engine) -> None:
    late = DEC_1 - timedelta(hours=2)
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(5, starts_at=late))
        draft(connection, now=DEC_5)
        found = list_documents(connection, DocumentFilter(order_id="SO-1"))
    months = {one.content.period_from.month: one.content.totals.net_minor for one in found}
    assert months == {11: 500, 12: 750}


@SQLITE_ONLY
def test_hours_added_after_the_invoice_are_billed_by_the_next_part(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3))
        finalise_one(connection)
        store_lines(connection, flight(5))
        second = draft_one(connection, now=DEC_5)
        assert (second.part, amounts([second])) == (2, [(500, 100)])
        store_lines(connection, flight(2))
        result = draft(connection, now=DEC_5)
    assert result.notices == (
        "order SO-1: line SO-1-1 is billed with more than it costs in 2026-11: request a credit "
        "note",
    )


@SQLITE_ONLY
def test_an_order_without_an_account_is_named_and_the_others_are_drafted(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(1, account="nobody"))
        store_lines(connection, flight(1, order_id="SO-2", line_id="SO-2-1"))
        result = draft(connection)
    assert len(result.drafted) == 1
    assert "no account 'nobody'" in result.notices[0]


@SQLITE_ONLY
def test_a_business_abroad_with_a_valid_number_accounts_for_the_vat(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(4, account="bolt"))
        content = draft_one(connection).content
    assert (content.treatment.category, content.totals.vat_minor) == ("AE", 0)
    assert content.treatment.reason.startswith("Reverse charge")
    assert content.buyer.vat_number == "DE136695976"


@SQLITE_ONLY
def test_an_order_is_drafted_however_long_no_run_took_place(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3))
        assert len(draft(connection, now=NOV_2 + timedelta(days=300)).drafted) == 1


@SQLITE_ONLY
@pytest.mark.parametrize("is_late", ["account", "order"])
def test_what_is_stored_long_after_its_hours_is_drafted(engine: Engine, is_late: str) -> None:
    late = NOV_2 + timedelta(days=300)
    with writing(engine) as connection:
        store_accounts(connection)
        if is_late == "account":
            store_lines(connection, flight(1, account="late"))
        now = flight(1, order_id="SO-2", line_id="SO-2-1", starts_at=late)
        store_lines(connection, now, at=late)
        first = draft(connection, now=late + timedelta(hours=2))
        assert (len(first.drafted), len(first.notices)) == (1, int(is_late == "account"))
        if is_late == "account":
            new = AccountProfile(id="late", name="Late plc", kind=AccountKind.ADVERTISER)
            create_account(connection, new, by="a test", now=late + timedelta(days=1))
        else:
            store_lines(connection, flight(1), at=late + timedelta(days=1))
        second = draft(connection, now=late + timedelta(days=1))
        assert (len(second.drafted), second.notices) == (1, ())


@SQLITE_ONLY
def test_orders_long_before_the_newest_draft_are_not_read_again(engine: Engine) -> None:
    late = NOV_2 + timedelta(days=300)
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(connection, flight(1))
        draft(connection)
        now = flight(1, order_id="SO-2", line_id="SO-2-1", starts_at=late)
        store_lines(connection, now, at=late)
        draft(connection, now=late + timedelta(hours=2))
        assert [order for order, _ in drafting._read_orders(connection)] == ["SO-2"]
