"""Hours of several prices, and fees for released hours."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from cloud.billing.document import LineKind
from cloud.booking.order_line import HOUR_S, BookingStatus
from cloud.booking.orders.tables import booked_lines
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_1,
    DEC_5,
    NOV_2,
    draft,
    draft_one,
    finalise_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY
FIRST_S = int(NOV_2.timestamp())


def priced(*prices: int, **more):
    slots = tuple((FIRST_S + number * HOUR_S, price) for number, price in enumerate(prices))
    return flight(len(prices), slot_prices=slots, price_minor=prices[0], **more)


def store_fee(connection, amount_minor: int, at=NOV_2) -> None:
    """What cancelling a line that was placed here leaves to pay."""
    connection.execute(
        booked_lines.insert().values(
            line_id="SO-1-1", order_id="SO-1", booking_status="Canceled", delivery="guaranteed",
            location="KX-01", starts_at=NOV_2, ends_at=NOV_2, positions=1, slots="[]",
            currency="GBP", discount_bp=0, quote_id="q", quote_ends_at=NOV_2, creatives="[]",
            cancellation_minor=amount_minor, changed_by="a test", changed_at=at,
        )
    )  # fmt: skip


def test_hours_of_several_prices_are_one_exact_amount(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, priced(210, 353, 353, positions=2))
        (line,) = draft_one(connection).content.lines
    assert (line.kind, line.quantity, line.amount_minor) == (LineKind.LOT, Decimal(1), 1_832)
    assert line.note == "6 position-hours at 2.10 to 3.53 each"


def test_a_price_that_changes_after_the_invoice_is_an_adjustment(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, priced(200, 200))
        finalise_one(connection)
        store_lines(connection, priced(200, 250))
        (line,) = draft_one(connection, now=DEC_5).content.lines
    assert (line.kind, line.amount_minor) == (LineKind.ADJUSTMENT, 50)


def test_what_is_due_for_released_hours_is_billed_once(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3, booking_status=BookingStatus.CANCELED))
        store_fee(connection, 120)
        final = finalise_one(connection)
        assert [(one.kind, one.amount_minor) for one in final.content.lines] == [
            (LineKind.CANCELLATION, 120)
        ]
        assert draft(connection, now=DEC_5).drafted == ()
        connection.execute(booked_lines.update().values(cancellation_minor=150,
                           changed_at=DEC_1 + timedelta(days=1)))  # fmt: skip
        second = draft_one(connection, now=DEC_5)
    assert second.content.period_from.month == 12
    assert [one.amount_minor for one in second.content.lines] == [30]


@pytest.mark.parametrize("status", [BookingStatus.RESERVED, BookingStatus.DRAFT])
def test_lines_that_are_not_sold_are_not_billed(engine: Engine, status) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3, booking_status=status))
        assert draft(connection) == draft(connection)
        assert draft(connection).drafted == ()
