"""Read and write the rows of orders and of their lines.

Every query of a caller has the accounts that the caller sees in its condition, so an order of
another account and one that never existed are the same case.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Insert,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
    update,
)

from cloud import database
from cloud.booking.order_line import HOUR_S, SOLD, BookingStatus
from cloud.booking.orders.order import BASIS_POINTS, Approval, BookedLine, LineSlot, Order
from cloud.booking.orders.tables import booked_lines, orders
from cloud.booking.slots import DeliveryType
from cloud.booking.transitions import HOLDING
from cloud.database import total
from cloud.database.orders import SlotRun, decode_runs, encode_runs

MOST_DUE: Final = 200
"""Orders of one sweep, so that its transaction is short."""
NEVER_SHOWN: Final = frozenset(
    {BookingStatus.CANCELED, BookingStatus.EXPIRED, BookingStatus.DECLINED}
)
LINE_COLUMNS: Final = tuple(one.name for one in fields(BookedLine))
ROW_COLUMNS: Final = (*LINE_COLUMNS, "cost_minor")


class UnknownOrderError(LookupError):
    """No order, or no line of it, with that id for the caller."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders of a page, and how many there are in all."""

    orders: tuple[Order, ...]
    total: int


def insert_order(connection: Connection, order: Order) -> None:
    """Store a new order."""
    connection.execute(orders.insert().values(asdict(order)))


def update_order(connection: Connection, order: Order) -> None:
    """Store an order in place of its former row."""
    connection.execute(update(orders).where(orders.c.id == order.id).values(asdict(order)))


def find_order(
    connection: Connection, order_id: str, accounts: Collection[str] | None, *, lock: bool = False
) -> Order:
    """An order of one of the accounts, or of any for None; locked until the transaction ends.

    Raises UnknownOrderError.
    """
    wanted = _select_order(is_scoped=accounts is not None, lock=lock)
    values = {"id": order_id[:64], "accounts": sorted(accounts or ())}
    row = connection.execute(wanted, values).mappings().first()
    if row is None:
        raise unknown_order(order_id)
    return _to_order(row)


def unknown_order(order_id: str) -> UnknownOrderError:
    """The error for an id without an order, and for one that the caller may not see."""
    return UnknownOrderError(f"no order {order_id[:32]!r}: GET /api/orders lists your orders")


def list_orders(
    connection: Connection, accounts: Collection[str] | None, *, offset: int, count: int
) -> OrderPage:
    """A page of the orders of some accounts, or of all, the latest first."""
    counted = connection.execute(select(func.count()).select_from(orders).where(_of(accounts)))
    latest_first = (orders.c.created_at.desc(), orders.c.id)
    wanted = select(orders).where(_of(accounts)).order_by(*latest_first)
    rows = connection.execute(wanted.offset(offset).limit(count)).mappings()
    return OrderPage(tuple(_to_order(row) for row in rows), counted.scalar_one())


def read_lines(connection: Connection, order_ids: Iterable[str]) -> tuple[BookedLine, ...]:
    """The lines of some orders, in their order."""
    return _read(connection, _LINES_OF_ORDERS, {"names": [*order_ids]})


def count_lines(connection: Connection, order_ids: Sequence[str]) -> dict[str, int]:
    """How many lines each of some orders has; an order without lines is absent."""
    columns = booked_lines.c
    wanted = select(columns.order_id, func.count()).where(columns.order_id.in_(order_ids))
    rows = connection.execute(wanted.group_by(columns.order_id))
    return {row[0]: row[1] for row in rows}


def read_lines_by_id(connection: Connection, line_ids: Iterable[str]) -> tuple[BookedLine, ...]:
    """Lines of any orders."""
    return _read(connection, _LINES_BY_ID, {"names": [*line_ids]})


def read_unended_make_goods(connection: Connection, line_id: str) -> set[str]:
    """The ids of lines that make good a line, without those that ended before their flight."""
    columns = booked_lines.c
    wanted = select(columns.line_id).where(
        columns.make_good_of == line_id, columns.booking_status.not_in(sorted(NEVER_SHOWN))
    )
    return set(connection.execute(wanted).scalars())


def sum_orders_of_payer(connection: Connection, payer: str, currency: str, *, but: str) -> int:
    """What is due for all orders that an account pays for but one, net of commission.

    It pays for an order as its agency, or as its account without one. The commission is rounded
    half up once for each order.
    """
    values = {"payer": payer, "currency": currency, "but": but}
    return connection.execute(_select_sum(), values).scalar_one()


def read_all_lines(connection: Connection) -> tuple[BookedLine, ...]:
    """Every line of every order."""
    return _read(connection, _LINES, {})


def read_sold_lines(
    connection: Connection, since: datetime, until: datetime
) -> tuple[BookedLine, ...]:
    """Lines in the states that are sold, whose flight has a part in [since, until)."""
    columns = booked_lines.c
    is_sold = columns.booking_status.in_(sorted(SOLD))
    in_time = and_(columns.starts_at < until, columns.ends_at > since)
    return _read(connection, _LINES.where(is_sold, in_time), {})


def find_due_orders(connection: Connection, now: datetime, *, after: str = "") -> Sequence[str]:
    """Orders with a line that time moves to another state: the first `MOST_DUE` after an id."""
    columns = booked_lines.c
    wanted = select(columns.order_id).where(_is_due(now), columns.order_id > after)
    wanted = wanted.distinct()
    return connection.execute(wanted.order_by(columns.order_id).limit(MOST_DUE)).scalars().all()


def write_lines(connection: Connection, lines: Iterable[BookedLine]) -> None:
    """Insert lines, or replace those that are stored."""
    rows = [_to_row(line) for line in lines]
    if rows:
        connection.execute(_replace_lines(connection.dialect.name), rows)


def delete_line(connection: Connection, line_id: str) -> None:
    """Remove a line; its versions stay."""
    connection.execute(booked_lines.delete().where(booked_lines.c.line_id == line_id))


def _is_due(now: datetime) -> ColumnElement[bool]:
    columns = booked_lines.c
    flying = (BookingStatus.IN_FLIGHT, BookingStatus.PAUSED, BookingStatus.CHANGE_PENDING)
    return or_(
        and_(columns.booking_status.in_(sorted(HOLDING)), columns.expires_at <= now),
        and_(columns.booking_status == BookingStatus.BOOKED.value, columns.starts_at <= now),
        and_(columns.booking_status.in_(flying), columns.ends_at <= now),
    )


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else orders.c.account.in_(sorted(accounts))


_LINES: Final = select(booked_lines).order_by(booked_lines.c.order_id, booked_lines.c.line_id)
_NAMES: Final[BindParameter[Any]] = bindparam("names", expanding=True)
_LINES_OF_ORDERS: Final = _LINES.where(booked_lines.c.order_id.in_(_NAMES))
_LINES_BY_ID: Final = _LINES.where(booked_lines.c.line_id.in_(_NAMES))


def _read(
    connection: Connection, wanted: Select[Any], values: Mapping[str, Any]
) -> tuple[BookedLine, ...]:
    rows = connection.execute(wanted, values).mappings()
    return tuple(_to_line(row) for row in rows)


@cache
def _select_order(*, is_scoped: bool, lock: bool) -> Select[Any]:
    """An order by `id`, where it is scoped of one of the `accounts`."""
    wanted = select(orders).where(orders.c.id == bindparam("id"))
    if is_scoped:
        wanted = wanted.where(orders.c.account.in_(bindparam("accounts", expanding=True)))
    return wanted.with_for_update() if lock else wanted


@cache
def _select_sum() -> Select[int]:
    """What is due for the orders of `payer`, net of commission, without the order `but`."""
    lines = booked_lines.c
    payer: BindParameter[Any] = bindparam("payer")
    is_sold = lines.booking_status.in_(sorted(SOLD))
    due = total(lines.cancellation_minor + case((is_sold, lines.cost_minor), else_=0))
    commission = (due * orders.c.commission_bp + BASIS_POINTS // 2) // BASIS_POINTS
    pays = or_(orders.c.agency == payer, and_(orders.c.agency.is_(None), orders.c.account == payer))
    nets = (
        select(cast(due - commission, BigInteger).label("net"))
        .join_from(orders, booked_lines, lines.order_id == orders.c.id)
        .where(pays, orders.c.currency == bindparam("currency"), orders.c.id != bindparam("but"))
        .group_by(orders.c.id, orders.c.commission_bp)
        .subquery()
    )
    return select(func.coalesce(total(nets.c.net), 0))


@cache
def _replace_lines(dialect: str) -> Insert:
    insert = database.insert(dialect, booked_lines)
    change = {name: insert.excluded[name] for name in ROW_COLUMNS if name != "line_id"}
    return insert.on_conflict_do_update(index_elements=["line_id"], set_=change)


def _to_order(row: Any) -> Order:
    return Order(**{**row, "approval": Approval(row["approval"])})


def _to_row(line: BookedLine) -> dict[str, Any]:
    row = {name: getattr(line, name) for name in LINE_COLUMNS}
    runs = (SlotRun(one.starts_at_s, 1, line.positions, one.price_minor) for one in line.slots)
    row["slots"] = encode_runs(tuple(_join_runs(runs)))
    row["cost_minor"] = line.cost_minor
    row["creatives"] = msgspec.json.encode(line.creatives).decode()
    return row | {"booking_status": line.booking_status.value, "delivery": line.delivery.value}


def _join_runs(runs: Iterable[SlotRun]) -> Iterable[SlotRun]:
    """Consecutive slots of the same price as one run."""
    last: SlotRun | None = None
    for run in runs:
        if (
            last is not None
            and run.starts_at == last.starts_at + last.hours * HOUR_S
            and run.price_minor == last.price_minor
        ):
            last = SlotRun(last.starts_at, last.hours + 1, last.positions, last.price_minor)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _to_line(row: Any) -> BookedLine:
    values = {name: row[name] for name in LINE_COLUMNS}
    values["booking_status"] = BookingStatus(row["booking_status"])
    values["delivery"] = DeliveryType(row["delivery"])
    values["creatives"] = msgspec.json.decode(row["creatives"], type=tuple[str, ...])
    values["slots"] = tuple(
        LineSlot(run.starts_at + number * HOUR_S, run.price_or(0))
        for run in decode_runs(row["slots"])
        for number in range(run.hours)
    )
    return BookedLine(**values)
