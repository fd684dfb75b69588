"""Holds: positions that an account has until a moment, booked before it or given back.

A hold can be extended a few times and never beyond `latest_at`, which is fixed when it is made. It
stays readable after it has ended. Its positions are in the ledger under its id.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, true, update

from cloud.booking import capacity
from cloud.booking.returns import sweep_expired
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.booking.takes import NotHeldError, TakeState
from cloud.booking.transfers import transfer
from cloud.database import total
from cloud.database.bookings import booking_ledger, booking_takes
from cloud.database.holds import booking_holds
from cloud.sites.sites import Sites


class BookingHoldState(StrEnum):
    """What became of a hold; all but the first are final."""

    HELD = "held"
    BOOKED = "booked"
    RELEASED = "released"
    EXPIRED = "expired"
    DISPLACED = "displaced"  # by a line with a higher priority


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPolicy:
    """Limits of holds. One extension adds `period` to the present moment."""

    period: timedelta
    longest: timedelta
    extensions: int
    holds: int
    slots: int


LIMITS_LOCK: Final = text("SELECT pg_advisory_xact_lock(1752132708, hashtext(:account))")
"""PostgreSQL's advisory lock of an account; the first key is arbitrary."""
COMPRESSION: Final = 1
"""Fast: a hold of thousands of slots waits for it with the slots locked."""


class UnknownHold(LookupError):  # noqa: N818 - reads as what happened
    """No hold with that id for the account."""


class HoldEndedError(Exception):
    """A hold that was booked, released or has expired."""


class HoldLimitError(Exception):
    """More holds, slots or extensions than the policy allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingHold:
    """A hold and what it holds."""

    id: str
    account: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    latest_at: datetime
    extensions: int
    state: BookingHoldState
    ended_at: datetime | None
    quote: str | None
    delivery: DeliveryType
    slots: tuple[SlotDemand, ...]

    def state_at(self, now: datetime) -> BookingHoldState:
        """The state: a hold past its end has expired, whether or not it was swept."""
        is_over = self.state is BookingHoldState.HELD and self.expires_at <= now
        return BookingHoldState.EXPIRED if is_over else self.state


@dataclass(frozen=True, slots=True, order=True)
class HoldPosition:
    """The last hold of a page of the list."""

    created_at: datetime
    id: str


def place_hold(
    connection: Connection, sites: Sites, hold: BookingHold, *, policy: HoldPolicy
) -> None:
    """Take the positions of a hold and store it.

    Raises:
        HoldLimitError: the account has as many holds or held slots as the policy allows.
        NotAvailableError, SlotDemandError: as `capacity.take`.
    """
    lock_limits(connection, hold.account)
    _refuse_too_many(connection, hold, policy)
    capacity.take(
        connection,
        sites,
        hold.slots,
        line_id=hold.id,
        until=hold.expires_at,
        now=hold.created_at,
        account=hold.account,
        delivery=hold.delivery,
    )
    row = {name: getattr(hold, name) for name in BookingHold.__slots__}
    row |= {
        "state": hold.state.value,
        "delivery": hold.delivery.value,
        "slot_count": len(hold.slots),
        "slots": zlib.compress(encode_slots(hold.slots), COMPRESSION),
    }
    connection.execute(booking_holds.insert().values(row))


def extend_hold(
    connection: Connection,
    name: str,
    accounts: frozenset[str] | None,
    *,
    now: datetime,
    policy: HoldPolicy,
) -> BookingHold:
    """Let a hold end one period from now, but not after `latest_at`.

    Raises:
        UnknownHold: the accounts have no such hold.
        HoldEndedError: it has ended.
        HoldLimitError: it was extended as often as the policy allows, or would not end later.
    """
    hold = require_held(connection, name, accounts, now)
    until = min(now + policy.period, hold.latest_at)
    if hold.extensions >= policy.extensions:
        raise HoldLimitError(
            f"hold {hold.id} was extended {hold.extensions} times, which is the maximum: book it "
            f"before {hold.expires_at:%Y-%m-%dT%H:%M:%SZ}, or let it expire"
        )
    if until <= hold.expires_at:
        raise HoldLimitError(
            f"hold {hold.id} ends at {hold.expires_at:%Y-%m-%dT%H:%M:%SZ}, and an extension now "
            f"would not end later; no hold of it goes beyond {hold.latest_at:%Y-%m-%dT%H:%M:%SZ}"
        )
    try:
        capacity.extend(connection, hold.id, until=until, now=now)
    except NotHeldError as error:
        raise HoldEndedError(f"hold {hold.id} has expired: place a new one") from error
    _update(connection, hold.id, expires_at=until, extensions=hold.extensions + 1)
    return replace(hold, expires_at=until, extensions=hold.extensions + 1)


def release_hold(
    connection: Connection, name: str, accounts: frozenset[str] | None, now: datetime
) -> BookingHold:
    """Give the positions back; a hold that has ended stays as it is.

    Raises:
        UnknownHold: the accounts have no such hold.
        HoldEndedError: it was booked: cancel the order lines.
    """
    hold = find_hold(connection, name, accounts, lock=True)
    if hold.state is BookingHoldState.BOOKED:
        raise HoldEndedError(f"hold {hold.id} was booked: cancel the lines of its order")
    if hold.state_at(now) is not BookingHoldState.HELD:
        return hold
    capacity.release(connection, hold.id)
    return end_hold(connection, hold, BookingHoldState.RELEASED, now)


def book_hold(
    connection: Connection,
    name: str,
    accounts: frozenset[str] | None,
    line_id: str,
    *,
    now: datetime,
) -> BookingHold:
    """Move all positions of a hold to an order line, for good.

    Raises:
        UnknownHold: the accounts have no such hold.
        HoldEndedError: it has ended.
    """
    hold = require_held(connection, name, accounts, now)
    try:
        transfer(connection, hold.id, line_id, until=None, now=now)
    except NotHeldError as error:
        raise HoldEndedError(f"hold {hold.id} has expired: place a new one") from error
    return end_hold(connection, hold, BookingHoldState.BOOKED, now)


def find_hold(
    connection: Connection, name: str, accounts: frozenset[str] | None, *, lock: bool = False
) -> BookingHold:
    """A hold of one of the accounts, or of any for None; locked until the transaction ends.

    Raises UnknownHold.
    """
    wanted = select(booking_holds).where(booking_holds.c.id == name, _of(accounts))
    found = connection.execute(wanted.with_for_update() if lock else wanted)
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownHold("no hold of yours has that id: GET /api/holds lists your holds")
    return _hold(row)


def require_held(
    connection: Connection, name: str, accounts: frozenset[str] | None, now: datetime
) -> BookingHold:
    """The same for one that has not ended, locked; raises HoldEndedError."""
    hold = find_hold(connection, name, accounts, lock=True)
    state = hold.state_at(now)
    if state is not BookingHoldState.HELD:
        raise HoldEndedError(f"hold {hold.id} is {state}: place a new one")
    return hold


def find_holds(
    connection: Connection,
    accounts: frozenset[str] | None,
    *,
    after: HoldPosition | None,
    most: int,
    open_at: datetime | None = None,
) -> Sequence[BookingHold]:
    """Holds of the accounts, or of all for None, the latest first.

    With `open_at` only those that have not ended by then, else also those that have.
    """
    columns = booking_holds.c
    wanted = select(booking_holds).where(_of(accounts))
    if open_at is not None:
        is_held = columns.state == BookingHoldState.HELD.value
        wanted = wanted.where(is_held, columns.expires_at > open_at)
    if after is not None:
        then = and_(columns.created_at == after.created_at, columns.id < after.id)
        wanted = wanted.where(or_(columns.created_at < after.created_at, then))
    rows = connection.execute(
        wanted.order_by(columns.created_at.desc(), columns.id.desc()).limit(most)
    )
    return [_hold(row) for row in rows.mappings()]


def sweep_holds(connection: Connection, now: datetime) -> list[str]:
    """Give back what expired holds and lines have; returns their ids, at most 200 at once."""
    swept = sweep_expired(connection, now)
    columns = booking_holds.c
    is_over = and_(columns.state == BookingHoldState.HELD.value, columns.expires_at <= now)
    connection.execute(
        update(booking_holds)
        .where(is_over)
        .values(state=BookingHoldState.EXPIRED.value, ended_at=columns.expires_at)
    )
    return swept


def end_displaced_holds(
    connection: Connection, ids: Iterable[str], now: datetime
) -> Sequence[BookingHold]:
    """Store that holds have lost their positions, and return them; ids of lines are passed over."""
    columns = booking_holds.c
    changed = (
        update(booking_holds)
        .where(columns.id.in_([*ids]), columns.state == BookingHoldState.HELD.value)
        .values(state=BookingHoldState.DISPLACED.value, ended_at=now)
        .returning(booking_holds)
    )
    return [_hold(row) for row in connection.execute(changed).mappings()]


def lock_limits(connection: Connection, account: str) -> None:
    """Let one transaction at a time hold or reserve for an account, so that limits are exact.

    It comes before the first slot is taken. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LIMITS_LOCK, {"account": account})


def refuse_too_many_slots(
    connection: Connection, account: str, now: datetime, policy: HoldPolicy
) -> None:
    """Raise HoldLimitError where holds and reservations of an account have too many slots.

    The caller has called `lock_limits`.
    """
    takes = booking_takes.c
    counted = (
        select(func.count())
        .select_from(booking_ledger)
        .join(booking_takes, takes.line_id == booking_ledger.c.line_id)
        .where(
            takes.account == account,
            takes.state == TakeState.HELD.value,
            takes.until_at > now,
        )
    )
    held = connection.execute(counted).scalar_one()
    if held > policy.slots:
        raise HoldLimitError(
            f"{account} would have {held} slots held or reserved: at most {policy.slots} at "
            "once; book or release some"
        )


def _refuse_too_many(connection: Connection, hold: BookingHold, policy: HoldPolicy) -> None:
    columns = booking_holds.c
    counted = select(func.count(), func.coalesce(total(columns.slot_count), 0)).where(
        columns.account == hold.account,
        columns.state == BookingHoldState.HELD.value,
        columns.expires_at > hold.created_at,
    )
    holds, slots = connection.execute(counted).one()
    if holds >= policy.holds:
        raise HoldLimitError(
            f"{holds} holds of {hold.account} have not ended, which is the maximum: book one, or "
            "DELETE one"
        )
    if slots + len(hold.slots) > policy.slots:
        raise HoldLimitError(
            f"{hold.account} holds {slots} slots and asks for {len(hold.slots)}: at most "
            f"{policy.slots} at once; book or DELETE a hold"
        )


def end_hold(
    connection: Connection, hold: BookingHold, state: BookingHoldState, now: datetime
) -> BookingHold:
    """Store what became of a hold whose positions are given back or belong to order lines."""
    _update(connection, hold.id, state=state.value, ended_at=now)
    return replace(hold, state=state, ended_at=now)


def _update(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(booking_holds).where(booking_holds.c.id == name).values(values))


def encode_slots(slots: Iterable[SlotDemand]) -> bytes:
    """As the column `slots` has them before it is compressed."""
    return msgspec.json.encode([(one.location, one.starts_at_s, one.positions) for one in slots])


def _of(accounts: frozenset[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else booking_holds.c.account.in_(accounts)


def _hold(row: Any) -> BookingHold:
    values = {name: row[name] for name in BookingHold.__slots__}
    slots = msgspec.json.decode(zlib.decompress(row["slots"]), type=list[tuple[str, int, int]])
    values |= {
        "state": BookingHoldState(row["state"]),
        "delivery": DeliveryType(row["delivery"]),
        "slots": tuple(SlotDemand(*one) for one in slots),
    }
    return BookingHold(**values)
