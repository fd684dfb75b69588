"""Lines have the prices of their quote or hold, and belong to its account."""

from dataclasses import replace

import pytest

from cloud.auth.accounts.account_store import UnknownAccountError, close_account
from cloud.auth.accounts.brand_store import UnknownBrandError, create_brand
from cloud.booking.holds import BookingHold, BookingHoldState, find_hold, place_hold
from cloud.booking.inventory.blackouts import Blackout, BlackoutKind, store_blackout
from cloud.booking.orders import placing
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.booking.orders.order_work import NotAllowedError, OrderWork
from cloud.booking.orders.placing import (
    NewOrder,
    OrderRefused,
    add_held_lines,
    add_lines,
    place_order,
    remove_line,
)
from cloud.booking.quote_locks import LockedSlot, QuoteUsedError, store_quote
from cloud.booking.slots import DeliveryType
from cloud.booking.transitions import TransitionError
from cloud.database import reading, writing
from tests.cloud.booking.orders.order_steps import (
    HOUR,
    MONDAY_SEVEN,
    NOON,
    SALES,
    Steps,
    priced_quote,
)
from tests.cloud.rates import sites


def test_a_line_is_made_for_each_screen_and_number_of_positions(steps: Steps) -> None:
    quote = priced_quote()
    other = LockedSlot("LB-01", quote.slots[0].starts_at_s, 2, 99, ())
    order_id = steps.place(replace(quote, slots=(*quote.slots, other)))
    found = {(line.location, line.positions, line.cost_minor) for line in steps.lines(order_id)}
    assert found == {("KX-01", 1, 210), ("LB-01", 2, 198)}


def test_a_hold_becomes_reserved_lines_that_end_with_it(steps: Steps) -> None:
    quote = priced_quote(positions=6)
    hold = BookingHold(
        id="h" * 32, account="acme", created_by="Ann", created_at=NOON, expires_at=NOON + HOUR,
        latest_at=NOON + HOUR, extensions=0, state=BookingHoldState.HELD, ended_at=None,
        quote=quote.id, delivery=quote.delivery, slots=tuple(quote.demand),
    )  # fmt: skip
    closed = Blackout(
        id=0, location="KX-01", starts_at=MONDAY_SEVEN, ends_at=MONDAY_SEVEN + HOUR,
        kind=BlackoutKind.BLACKOUT, reason="new panel", created_by="me", created_at=NOON,
    )  # fmt: skip
    with writing(steps.engine) as connection:
        store_quote(connection, quote)
        place_hold(connection, sites(), hold, policy=steps.policy.hold_policy)
        store_blackout(connection, closed)
    order_id = steps.place(priced_quote((5,), prices=(10,)))
    late = steps.at(NOON + HOUR / 2)
    (line,) = late.run(lambda work: add_held_lines(work, order_id, hold.id))
    assert (line.booking_status, line.expires_at) == ("Reserved", NOON + HOUR)
    assert line.cost_minor == 6 * 210
    with reading(steps.engine) as connection:
        assert find_hold(connection, hold.id, None).state is BookingHoldState.BOOKED
    assert late.book(order_id)[0].booking_status == "Booked"


@pytest.mark.parametrize("fields", [{"account": "bolt"}, {"currency": "EUR"}])
def test_a_quote_of_another_account_or_currency_is_refused(steps: Steps, fields: dict) -> None:
    order_id = steps.place()
    with pytest.raises(OrderRefused, match="quote"):
        steps.run(lambda work: add_lines(work, order_id, priced_quote(**fields)), SALES)


def test_a_make_good_is_free_and_for_staff(steps: Steps) -> None:
    order_id, theirs = steps.place(), steps.place(priced_quote(account="bolt"), SALES)
    (line,), (foreign,) = steps.lines(order_id), steps.lines(theirs)

    def add(work: OrderWork, of: str) -> int:
        (made,) = add_lines(work, order_id, priced_quote((7,)), make_good_of=of)
        return made.cost_minor

    assert steps.run(lambda work: add(work, line.line_id), SALES) == 0
    with pytest.raises(NotAllowedError):
        steps.run(lambda work: add(work, line.line_id))
    with pytest.raises(UnknownOrderError):
        steps.run(lambda work: add(work, foreign.line_id), SALES)


def test_only_drafts_are_removed_and_lines_are_limited(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = steps.place()
    steps.reserve(order_id)
    (line,) = steps.lines(order_id)
    with pytest.raises(TransitionError):
        steps.run(lambda work: remove_line(work, order_id, line.line_id))
    monkeypatch.setattr(placing, "MAX_LINES", 1)
    with pytest.raises(OrderRefused, match="at most 1 lines"):
        steps.run(lambda work: add_lines(work, order_id, priced_quote((7,))))


def test_an_order_names_a_brand_of_its_open_account(steps: Steps) -> None:
    with writing(steps.engine) as connection:
        tea = create_brand(connection, "acme", "Tea", by="me", now=NOON)
    new = NewOrder(account="acme", name="Winter", brand=tea.id)
    assert steps.run(lambda work: place_order(work, new)).advertiser == "Tea"
    for other, error in ((replace(new, account="bolt"), UnknownBrandError),
                         (replace(new, account="none"), UnknownAccountError)):  # fmt: skip
        with pytest.raises(error):
            steps.run(lambda work, asked=other: place_order(work, asked), SALES)
    with writing(steps.engine) as connection:
        close_account(connection, "acme", by="me", now=NOON)
    with pytest.raises(OrderRefused, match="is closed"):
        steps.run(lambda work: place_order(work, new))


def test_a_quote_is_used_for_one_order(steps: Steps) -> None:
    quote = priced_quote()
    order_id = steps.place(quote)
    with pytest.raises(QuoteUsedError, match="POST /api/quotes"):
        steps.run(lambda work: add_lines(work, order_id, quote))
    with pytest.raises(QuoteUsedError):
        steps.place(quote)
    assert len(steps.lines(order_id)) == 1


def test_an_exclusive_hold_becomes_lines_that_wait_for_the_media_owner(steps: Steps) -> None:
    quote = priced_quote(positions=6, delivery=DeliveryType.EXCLUSIVE)
    hold = BookingHold(
        id="h" * 32, account="acme", created_by="Ann", created_at=NOON, expires_at=NOON + HOUR,
        latest_at=NOON + HOUR, extensions=0, state=BookingHoldState.HELD, ended_at=None,
        quote=quote.id, delivery=quote.delivery, slots=tuple(quote.demand),
    )  # fmt: skip
    with writing(steps.engine) as connection:
        store_quote(connection, quote)
        place_hold(connection, sites(), hold, policy=steps.policy.hold_policy)
    order_id = steps.place(priced_quote((5,), prices=(10,)))
    (line,) = steps.run(lambda work: add_held_lines(work, order_id, hold.id))
    assert line.booking_status == "PendingReservation"
