"""Taking positions of slots: all or none, never more than the capacity, holds until they expire."""

from functools import partial

import msgspec
import pytest
from sqlalchemy import Connection, func, select

from cloud.booking import capacity
from cloud.booking.capacity import confirm, extend, release
from cloud.booking.capacity_rows import enter_positions, read_ledger
from cloud.booking.slots import (
    AvailReason,
    DeliveryType,
    NotAvailableError,
    ShortSlot,
    SlotDemand,
    SlotDemandError,
)
from cloud.booking.takes import NotHeldError, TakeState, read_takes
from cloud.database.bookings import booking_slots, slot_occupancy
from cloud.sites.sites import Sites
from tests.cloud.booking.capacity_data import (
    EIGHT_S,
    HOUR,
    NOW,
    SITES,
    demand,
    ledger_sums,
    slot_sums,
    used,
    with_positions,
)

take = partial(capacity.take, now=NOW, until=None)


def test_every_slot_of_a_demand_is_taken_on_both_databases(connection: Connection) -> None:
    take(connection, SITES, demand(range(3), 4), line_id="a")
    take(connection, SITES, demand([1, 5], 2), line_id="b")
    assert used(connection) == {0: 4, 1: 6, 2: 4, 5: 2}
    assert ledger_sums(connection) == slot_sums(connection)
    with pytest.raises(NotAvailableError) as refused:
        take(connection, SITES, demand(range(3), 1), line_id="c")
    assert refused.value.slots == (ShortSlot("KX-01", EIGHT_S + 3600, 0, AvailReason.BOOKED),)
    assert used(connection) == {0: 4, 1: 6, 2: 4, 5: 2}, "nothing of the refused demand"
    assert release(connection, "a", from_s=EIGHT_S + 3600) == 8
    assert used(connection) == {0: 4, 1: 2, 2: 0, 5: 2}
    assert (release(connection, "a"), release(connection, "a")) == (4, 0)
    assert ledger_sums(connection) == slot_sums(connection)
    assert read_takes(connection, ["a"])["a"].state is TakeState.RELEASED


def test_the_refusal_names_the_slot_and_what_to_do(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(range(3), 6), line_id="a")
    with pytest.raises(NotAvailableError, match=r"KX-01 at 2026-11-23T08:00Z and 2 more slots: 0"):
        take(sqlite, SITES, demand(range(3)), line_id="b")


def test_an_expired_hold_is_given_back_by_the_next_demand(connection: Connection) -> None:
    take(connection, SITES, demand(range(2), 6), line_id="held", until=NOW + HOUR)
    with pytest.raises(NotAvailableError) as refused:
        take(connection, SITES, demand(1), line_id="other")
    assert refused.value.slots[0].reason is AvailReason.OPTIONED
    take(connection, SITES, demand(1), line_id="other", now=NOW + HOUR)
    assert used(connection) == {0: 6, 1: 1}, "the sweep gives back the rest"
    for late in (partial(confirm, now=NOW), partial(extend, now=NOW, until=NOW + 2 * HOUR)):
        with pytest.raises(NotHeldError, match="reserve again"):
            late(connection, "held")
    take(connection, SITES, demand(5), line_id="held", now=NOW + HOUR)
    assert used(connection) == {0: 0, 1: 1, 5: 1}, "an expired hold does not come back to life"


def test_a_confirmed_hold_does_not_expire(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(0, 6), line_id="a", until=NOW + HOUR)
    confirm(sqlite, "a", now=NOW)
    confirm(sqlite, "a", now=NOW + 2 * HOUR)
    with pytest.raises(NotAvailableError):
        take(sqlite, SITES, demand(0), line_id="b", now=NOW + 3 * HOUR)


def test_a_hold_is_extended_until_it_has_expired(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(0, 6), line_id="a", until=NOW + HOUR)
    extend(sqlite, "a", until=NOW + 2 * HOUR, now=NOW)
    with pytest.raises(NotAvailableError):
        take(sqlite, SITES, demand(0), line_id="b", now=NOW + HOUR)
    with pytest.raises(NotHeldError):
        confirm(sqlite, "a", now=NOW + 2 * HOUR)
    with pytest.raises(NotHeldError):
        confirm(sqlite, "unknown", now=NOW)


def test_an_exclusive_line_takes_the_whole_loop(sqlite: Connection) -> None:
    exclusive = partial(take, delivery=DeliveryType.EXCLUSIVE)
    exclusive(sqlite, SITES, demand(0), line_id="all")
    take(sqlite, SITES, demand(1), line_id="one")
    with pytest.raises(NotAvailableError):
        exclusive(sqlite, SITES, demand(1), line_id="second")
    assert used(sqlite) == {0: 6, 1: 1}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (demand(0, at="NO-01"), AvailReason.INVALID_FRAME),
        (demand(-24 * 7), AvailReason.INVALID_PERIOD),
        ([SlotDemand("KX-01", EIGHT_S + 60)], AvailReason.INVALID_PERIOD),
    ],
)
def test_a_demand_for_no_slot_creates_none(sqlite, asked, reason):
    with pytest.raises(NotAvailableError) as refused:
        take(sqlite, SITES, [*demand(2), *asked], line_id="a")
    assert [one.reason for one in refused.value.slots] == [reason]
    assert sqlite.execute(select(func.count()).select_from(booking_slots)).scalar_one() == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "0 slots are asked for"),
        (demand(0, 0), "0 positions of KX-01"),
        (demand(0, -1), "-1 positions of KX-01"),
        (demand(0, 10**9), "1000000000 positions of KX-01"),
        (demand([0, 0]), "named twice"),
        (demand(range(20_001)), "20001 slots are asked for"),
    ],
)
def test_an_impossible_demand_is_refused(sqlite, asked, words):
    with pytest.raises(SlotDemandError, match=words):
        take(sqlite, SITES, asked, line_id="a")


def test_a_sites_file_with_fewer_positions_sells_nothing_more(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(0, 3), line_id="a")
    take(sqlite, SITES, demand(0, 2), line_id="b")
    fewer, more = with_positions(4), with_positions(12)
    with pytest.raises(NotAvailableError):
        take(sqlite, fewer, demand(0), line_id="c")
    release(sqlite, "b")
    take(sqlite, fewer, demand(0), line_id="c")
    with pytest.raises(NotAvailableError):
        take(sqlite, fewer, demand(0), line_id="d")
    take(sqlite, more, demand(0, 8), line_id="d")
    assert used(sqlite) == {0: 12}


def test_what_another_sales_system_has_booked_is_not_sold_again(sqlite: Connection) -> None:
    row = {"location": "KX-01", "hour_at": EIGHT_S, "booked": 4, "classes": "[]", "noted_at": NOW}
    sqlite.execute(slot_occupancy.insert(), row)
    take(sqlite, SITES, demand(range(2), 2), line_id="a")
    with pytest.raises(NotAvailableError) as refused:
        take(sqlite, SITES, demand(range(2)), line_id="b")
    assert [one.starts_at_s for one in refused.value.slots] == [EIGHT_S]


def test_a_renamed_location_keeps_what_is_taken(connection: Connection) -> None:
    take(connection, SITES, demand(range(2), 4), line_id="a")
    renamed = Sites(
        tuple(
            msgspec.structs.replace(one, id="KX-10", formerly=("KX-01",))
            if one.id == "KX-01"
            else one
            for one in SITES
        )
    )
    with pytest.raises(NotAvailableError):
        take(connection, renamed, demand(0, 3, at="KX-10"), line_id="b")
    take(connection, renamed, demand(0, 2, at="KX-01"), line_id="b")
    assert (used(connection, at="KX-10"), used(connection)) == ({0: 6, 1: 4}, {})
    assert ledger_sums(connection) == slot_sums(connection)
    assert release(connection, "a") == 8


def test_no_position_is_entered_for_a_line_without_a_take(connection: Connection) -> None:
    rows = [("KX-01", EIGHT_S, 1)]
    with pytest.raises(RuntimeError, match="line l-9 has no take"):
        enter_positions(connection, "l-9", rows)
    assert read_ledger(connection, rows) == []
