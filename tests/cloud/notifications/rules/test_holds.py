"""Holds and reservations near their end; an extension is a new end."""

from datetime import timedelta

from sqlalchemy import insert

from cloud.booking.holds import BookingHoldState
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.tables import booked_lines, orders
from cloud.database import writing
from cloud.database.holds import booking_holds
from cloud.notifications.rules.holds import LEAD, find_expiring_holds
from tests.cloud.notifications.notice_world import HOUR, MINUTE, NOON, NoticeWorld
from tests.cloud.rates import sites


def hold(world: NoticeWorld, name: str, **values: object) -> None:
    row = {
        "id": name, "account": "acme", "created_by": "ann", "created_at": NOON,
        "expires_at": NOON + HOUR, "latest_at": NOON + 7 * 24 * HOUR, "extensions": 0,
        "state": BookingHoldState.HELD.value, "delivery": "Guaranteed", "slot_count": 24,
        "slots": b"",
    }  # fmt: skip
    with writing(world.engine) as connection:
        connection.execute(insert(booking_holds).values({**row, **values}))


def change_hold(world: NoticeWorld, **values: object) -> None:
    with writing(world.engine) as connection:
        connection.execute(booking_holds.update().values(values))


def find(world: NoticeWorld, now=NOON) -> list:
    with writing(world.engine) as connection:
        return list(find_expiring_holds(connection, sites(), now))


def test_holds_within_two_hours_of_their_end_are_found(world: NoticeWorld) -> None:
    hold(world, "a")
    hold(world, "b", expires_at=NOON + LEAD)
    hold(world, "c", expires_at=NOON + LEAD + MINUTE)
    hold(world, "d", expires_at=NOON)
    hold(world, "e", state=BookingHoldState.BOOKED.value)
    found = find(world)
    assert {event.subject for event in found} == {"a", "b"}
    assert {event.account for event in found} == {"acme"}
    assert found[0].stale_at == NOON + HOUR


def test_an_extended_hold_is_announced_again_and_a_booked_one_not(world: NoticeWorld) -> None:
    hold(world, "a")
    assert world.store(*find(world)) == 1
    change_hold(world, expires_at=NOON + 24 * HOUR)
    assert world.deliver() == []  # extended before it was sent
    later = NOON + 23 * HOUR
    assert world.store(*find(world, later), now=later) == 1
    assert len(world.deliver(later)) == 3
    change_hold(world, state=BookingHoldState.RELEASED.value)
    assert find(world, later) == []


def test_a_reservation_is_one_event_of_its_order(world: NoticeWorld) -> None:
    order = {
        "id": "o1", "account": "acme", "advertiser": "Acme", "name": "Winter", "currency": "GBP",
        "commission_bp": 0, "discount_bp": 0, "approval": "not-required", "created_by": "ann",
        "created_at": NOON, "changed_at": NOON,
    }  # fmt: skip
    line = {
        "order_id": "o1", "booking_status": BookingStatus.RESERVED.value, "delivery": "Guaranteed",
        "location": "KX-01", "starts_at": NOON, "ends_at": NOON + HOUR, "positions": 1,
        "slots": "[]", "currency": "GBP", "discount_bp": 0, "quote_id": "q",
        "quote_ends_at": NOON, "creatives": "[]", "expires_at": NOON + timedelta(minutes=90),
        "cancellation_minor": 0, "changed_by": "ann", "changed_at": NOON,
    }  # fmt: skip
    with writing(world.engine) as connection:
        connection.execute(insert(orders).values(order))
        connection.execute(insert(booked_lines), [{**line, "line_id": one} for one in "xy"])
    (event,) = find(world)
    assert (event.subject, event.account, event.path) == ("o1", "acme", "/api/orders/o1")
    assert "Winter" in event.title
    world.store(event)
    assert len(world.deliver()) == 3
