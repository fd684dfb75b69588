"""A hold or a blackout that was changed without the program differs from the audit log."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from cloud.auth.audit import audit_log, record_change
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.comparisons import BlackoutComparison, HoldComparison
from cloud.booking.audit_log.hold_entries import EXTEND, PLACE, RELEASE, record_hold
from cloud.booking.holds import (
    BookingHoldState,
    end_hold,
    extend_hold,
    release_hold,
    sweep_holds,
)
from cloud.booking.inventory.blackouts import (
    ADD,
    REMOVE,
    record_blackout,
    remove_blackout,
    store_blackout,
)
from cloud.booking.version_digest import ADD_ACTION
from cloud.database import metadata
from cloud.database.bookings import booking_blackouts
from cloud.database.holds import booking_holds
from tests.cloud.booking.capacity_data import HOUR, NOW, demand
from tests.cloud.booking.inventory.test_blackouts import REPAIR
from tests.cloud.booking.test_holds import POLICY, place

OURS = frozenset({"acme"})
LATER = NOW + HOUR


def find_differences(connection: Connection, hours: float = 1) -> list[str]:
    comparisons = [HoldComparison(), BlackoutComparison()]
    return compare_with_log(connection, NOW + timedelta(hours=hours), comparisons)


@pytest.fixture
def connection(sqlite: Connection) -> Connection:
    """A hold that was extended, a released and a booked one, and a blackout that was removed."""
    metadata.create_all(sqlite, tables=[audit_log])
    for number, account in enumerate(("acme", "bolt", "core")):
        placed = place(sqlite, f"h{number}", demand(number), account=account)
        record_hold(sqlite, placed, PLACE, "ann", NOW)
    extended = extend_hold(sqlite, "h0", OURS, now=LATER, policy=POLICY)
    record_hold(sqlite, extended, EXTEND, "ann", LATER)
    record_hold(sqlite, release_hold(sqlite, "h1", None, LATER), RELEASE, "ann", LATER)
    end_hold(sqlite, placed, BookingHoldState.BOOKED, LATER)
    record_change(
        sqlite, at=LATER, actor="ann", action=ADD_ACTION, about="SO-1", details={"hold": "h2"}
    )
    stored = store_blackout(sqlite, REPAIR)
    record_blackout(sqlite, stored, ADD, "ops", NOW)
    record_blackout(sqlite, remove_blackout(sqlite, stored.id, LATER), REMOVE, "ops", LATER)
    return sqlite


def test_what_the_program_wrote_is_what_the_log_records(connection):
    assert find_differences(connection) == []
    sweep_holds(connection, NOW + 9 * HOUR)
    assert find_differences(connection, hours=9) == []
    states = select(booking_holds.c.state).order_by(booking_holds.c.id)
    assert connection.execute(states).scalars().all() == ["expired", "released", "booked"]


H0 = update(booking_holds).where(booking_holds.c.id == "h0")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (H0.values(account="bolt"), "account is bolt"),
        (H0.values(expires_at=NOW + 99 * HOUR), "expires_at is"),
        (H0.values(latest_at=NOW + 99 * HOUR), "latest_at is"),
        (H0.values(extensions=0), "extensions is 0"),
        (H0.values(quote="q" * 32), "quote is q"),
        (H0.values(slots=select(booking_holds.c.slots).where(booking_holds.c.id == "h1")
                   .scalar_subquery()), "has other slots than those of entry 4"),
        (H0.values(state="released", ended_at=LATER), "h0 is released since"),
        (H0.values(state="expired", ended_at=LATER), "h0 is expired since"),
        (update(booking_holds).where(booking_holds.c.id == "h1").values(state="held"),
         "h1 is held since"),
        (update(booking_holds).where(booking_holds.c.id == "h2").values(id="h3"),
         "hold h3 has no entry"),
        (delete(booking_holds).where(booking_holds.c.id == "h2"), "hold h2 of entry 3 is missing"),
        (update(booking_blackouts).values(reason="none"), "reason is none"),
        (update(booking_blackouts).values(location="LB-01"), "location is LB-01"),
        (update(booking_blackouts).values(removed_at=None), "removed_at is None"),
        (delete(booking_blackouts), "of entry 7 is missing"),
        (
            insert(booking_blackouts).values(
                {name: getattr(replace(REPAIR, id=9), name) for name in REPAIR.__slots__}
            ),
            "blackout 9 has no entry",
        ),
    ],
)  # fmt: skip
def test_a_row_that_bypassed_the_program_is_found(connection, statement, sentence):
    connection.execute(statement)
    found = find_differences(connection)
    assert any(sentence in one for one in found), found
