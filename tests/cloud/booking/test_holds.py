"""Holds: limits per account, extensions with an end, and what stays after they have ended."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from cloud.booking.capacity import take
from cloud.booking.holds import (
    BookingHold,
    BookingHoldState,
    HoldEndedError,
    HoldLimitError,
    HoldPolicy,
    HoldPosition,
    UnknownHold,
    book_hold,
    extend_hold,
    find_hold,
    find_holds,
    place_hold,
    release_hold,
    sweep_holds,
)
from cloud.booking.slots import DeliveryType, NotAvailableError, SlotDemand
from cloud.database import writing
from tests.cloud.booking.capacity_data import (
    HOUR,
    NOW,
    SITES,
    demand,
    ledger_sums,
    slot_sums,
    used,
)
from tests.cloud.databases import create_tables

POLICY = HoldPolicy(period=2 * HOUR, longest=5 * HOUR, extensions=3, holds=2, slots=10)


def hold(
    name: str, slots: list[SlotDemand], *, account: str = "acme", at: datetime = NOW
) -> BookingHold:
    return BookingHold(
        id=name, account=account, created_by="me", created_at=at, expires_at=at + POLICY.period,
        latest_at=at + POLICY.longest, extensions=0, state=BookingHoldState.HELD, ended_at=None,
        quote=None, delivery=DeliveryType.GUARANTEED, slots=tuple(slots),
    )  # fmt: skip


def place(connection: Connection, name: str, slots: list[SlotDemand], **more) -> BookingHold:
    placed = hold(name, slots, **more)
    place_hold(connection, SITES, placed, policy=POLICY)
    return placed


def test_a_hold_is_read_back_as_it_was_placed(connection: Connection) -> None:
    placed = place(connection, "a", demand(range(3), 2))
    assert find_hold(connection, "a", frozenset({"acme"})) == placed
    assert used(connection) == {0: 2, 1: 2, 2: 2}
    assert find_holds(connection, None, after=None, most=9) == [placed]
    with pytest.raises(UnknownHold, match="no hold of yours"):
        find_hold(connection, "a", frozenset({"zeta"}))


def test_an_extension_ends_at_the_maximum_however_often_it_is_pressed(sqlite: Connection) -> None:
    place(sqlite, "a", demand(0))
    with pytest.raises(HoldLimitError, match="would not end later"):
        extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW, policy=POLICY)
    extended = extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + HOUR, policy=POLICY)
    assert (extended.expires_at, extended.extensions) == (NOW + 3 * HOUR, 1)
    extended = extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + 2.9 * HOUR, policy=POLICY)
    extended = extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + 3 * HOUR, policy=POLICY)
    assert (extended.expires_at, extended.extensions) == (NOW + 5 * HOUR, 3)
    assert find_hold(sqlite, "a", frozenset({"acme"})) == extended
    with pytest.raises(HoldLimitError, match="extended 3 times"):
        extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + 4 * HOUR, policy=POLICY)
    longer = replace(POLICY, extensions=99)
    with pytest.raises(HoldLimitError, match="no hold of it goes beyond"):
        extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + 4.9 * HOUR, policy=longer)
    with pytest.raises(HoldEndedError, match="is expired"):
        extend_hold(sqlite, "a", frozenset({"acme"}), now=NOW + 5 * HOUR, policy=longer)


def test_an_account_has_a_limited_number_of_holds_and_slots(sqlite: Connection) -> None:
    place(sqlite, "a", demand(range(8)))
    with pytest.raises(HoldLimitError, match="at most 10 at once"):
        place(sqlite, "b", demand(range(8, 11)))
    place(sqlite, "b", demand([8, 9]))
    with pytest.raises(HoldLimitError, match="2 holds of acme have not ended"):
        place(sqlite, "c", demand(0))
    place(sqlite, "c", demand(0), account="zeta")
    release_hold(sqlite, "a", frozenset({"acme"}), NOW)
    place(sqlite, "d", demand(0))
    place(sqlite, "e", demand(0), at=NOW + 2 * HOUR)


def test_a_second_hold_of_an_account_waits_for_the_first_to_be_counted(
    postgresql_engine: Engine,
) -> None:
    create_tables(postgresql_engine)
    with writing(postgresql_engine) as first:
        place(first, "a", demand(range(8)))
        with writing(postgresql_engine) as second:
            second.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
            place(second, "b", demand(8), account="zeta")
            with pytest.raises(OperationalError, match="lock timeout"):
                place(second, "c", demand(range(8, 11)))
            second.rollback()


def test_the_sweep_ends_what_has_expired(connection: Connection) -> None:
    placed = place(connection, "a", demand(range(3), 6))
    place(connection, "b", demand(range(5, 6)), account="zeta")
    take(connection, SITES, demand(7), line_id="line", until=NOW + HOUR, now=NOW)
    extend_hold(connection, "b", frozenset({"zeta"}), now=NOW + HOUR, policy=POLICY)
    later = NOW + 2 * HOUR
    assert (
        find_hold(connection, "a", frozenset({"acme"})).state_at(later) is BookingHoldState.EXPIRED
    )
    take(connection, SITES, demand(0), line_id="other", until=None, now=later)
    assert sweep_holds(connection, later) == ["a", "line"]
    assert sweep_holds(connection, later) == []
    assert {key: n for key, n in used(connection).items() if n} == {0: 1, 5: 1}
    assert ledger_sums(connection) == slot_sums(connection)
    assert find_hold(connection, "a", frozenset({"acme"})) == replace(
        placed, state=BookingHoldState.EXPIRED, ended_at=placed.expires_at
    ), "an expired hold stays readable"


def test_a_released_hold_frees_its_positions_once(sqlite: Connection) -> None:
    place(sqlite, "a", demand(0, 6))
    ended = release_hold(sqlite, "a", frozenset({"acme"}), NOW + HOUR)
    assert (ended.state, ended.ended_at, used(sqlite)) == (
        BookingHoldState.RELEASED,
        NOW + HOUR,
        {0: 0},
    )
    assert release_hold(sqlite, "a", None, NOW + 3 * HOUR) == ended
    with pytest.raises(UnknownHold):
        release_hold(sqlite, "a", frozenset({"zeta"}), NOW)


def test_a_booked_hold_is_that_lines(connection: Connection) -> None:
    place(connection, "a", demand(range(2), 6))
    book_hold(connection, "a", frozenset({"acme"}), "line", now=NOW + HOUR)
    assert sweep_holds(connection, NOW + 9 * HOUR) == []
    assert used(connection) == {0: 6, 1: 6}
    with pytest.raises(NotAvailableError):
        take(connection, SITES, demand(0), line_id="b", until=None, now=NOW + 9 * HOUR)
    with pytest.raises(HoldEndedError, match="is booked"):
        book_hold(connection, "a", frozenset({"acme"}), "other", now=NOW + HOUR)
    with pytest.raises(HoldEndedError, match="cancel the lines"):
        release_hold(connection, "a", frozenset({"acme"}), NOW + HOUR)
    place(connection, "late", demand(5))
    with pytest.raises(HoldEndedError, match="is expired"):
        book_hold(connection, "late", frozenset({"acme"}), "line", now=NOW + 2 * HOUR)


def test_holds_are_listed_in_pages_with_the_latest_first(sqlite: Connection) -> None:
    for number in range(3):
        place(sqlite, f"h{number}", demand(number), account=f"a{number}")
    place(sqlite, "later", demand(3), at=NOW + timedelta(minutes=1))
    first = find_holds(sqlite, None, after=None, most=2)
    then = HoldPosition(first[-1].created_at, first[-1].id)
    rest = find_holds(sqlite, None, after=then, most=9)
    assert [one.id for one in (*first, *rest)] == ["later", "h2", "h1", "h0"]
    assert [one.id for one in find_holds(sqlite, frozenset({"a1"}), after=None, most=9)] == ["h1"]
