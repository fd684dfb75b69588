"""A guaranteed line displaces pre-emptible ones, as few as make room, and no others."""

from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Connection

from cloud.booking import capacity
from cloud.booking.preemption import DisplacedLine, take_or_displace
from cloud.booking.slots import DeliveryType, NotAvailableError, SlotDemand
from cloud.booking.takes import Take, TakeState, read_takes
from tests.cloud.booking.capacity_data import EIGHT_S, HOUR, NOW, SITES, demand, used

take = partial(capacity.take, now=NOW, until=None)
preemptible = partial(take, delivery=DeliveryType.PREEMPTIBLE)


def displace(
    connection: Connection,
    asked: list[SlotDemand],
    delivery: DeliveryType = DeliveryType.GUARANTEED,
    now: datetime = NOW,
) -> tuple[DisplacedLine, ...]:
    new = Take("new", None, delivery, TakeState.CONFIRMED, None, now)
    return take_or_displace(connection, SITES, asked, new)


def test_the_line_with_most_of_the_missing_positions_is_displaced(connection: Connection) -> None:
    preemptible(connection, SITES, demand(range(4), 1), line_id="small", account="acme")
    preemptible(connection, SITES, demand(range(1, 4), 3), line_id="large", account="zeta")
    take(connection, SITES, demand(1, 2), line_id="firm")
    (displaced,) = displace(connection, demand([0, 1], 3))
    assert (displaced.line_id, displaced.account) == ("large", "zeta")
    assert displaced.slots == tuple(demand(range(1, 4), 3))
    assert used(connection) == {0: 4, 1: 6, 2: 1, 3: 1}
    assert read_takes(connection, ["large"])["large"].state is TakeState.DISPLACED


@pytest.mark.parametrize(
    ("asked", "delivery"),
    [
        (demand(0, 3), DeliveryType.NON_GUARANTEED),
        (demand(0, 3), DeliveryType.PREEMPTIBLE),
        (demand(0, 6), DeliveryType.GUARANTEED),  # displacing would not make room
        (demand(0), DeliveryType.EXCLUSIVE),
    ],
)
def test_nothing_is_displaced_in_vain(sqlite, asked, delivery):
    preemptible(sqlite, SITES, demand(0, 2), line_id="p")
    take(sqlite, SITES, demand(0, 2), line_id="firm", delivery=DeliveryType.NON_GUARANTEED)
    with pytest.raises(NotAvailableError):
        displace(sqlite, asked, delivery)
    assert used(sqlite) == {0: 4}
    assert displace(sqlite, demand(0, 2)) == (), "it fits already"


def test_hours_that_have_begun_stay_with_the_displaced_line(sqlite: Connection) -> None:
    preemptible(sqlite, SITES, demand(range(3), 6), line_id="p")
    later = NOW + (3 * 24 - 3) * HOUR  # in the second hour
    (displaced,) = displace(sqlite, demand(2), now=later)
    assert displaced.slots == (SlotDemand("KX-01", EIGHT_S + 7200, 6),)
    assert used(sqlite) == {0: 6, 1: 6, 2: 1}
