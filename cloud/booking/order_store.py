"""Store order lines: each change of a line is appended as its next version."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from cloud.booking.order_line import HOUR_S, LINE_FIELDS, OrderLine, group_slots
from cloud.database.orders import decode_runs, encode_runs, order_line_versions

AT_ONCE: Final = 500


class OrderConflictError(ValueError):
    """A line that contradicts what is stored; `line_id` and `column` name the value."""

    def __init__(self, line_id: str, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.line_id = line_id
        self.column = column


@dataclass(frozen=True, slots=True)
class OrderLoad:
    """How many versions were added, and the digest of all rows of the table after that."""

    versions: int
    rows: str


def add_versions(
    connection: Connection, lines: Sequence[OrderLine], *, at: datetime, before: str | None
) -> OrderLoad:
    """Append a version of each line that is new or changed; the others are left as they are.

    `before` is the digest of the last load, None where none was recorded. The new one is computed
    from it, so a row that was altered outside the program remains detectable.

    Raises:
        OrderConflictError: a line would belong to another order, or its order would have lines of
            different accounts, advertisers, campaigns or currencies. Nothing is added.
    """
    total = int(before or digest_of_all(connection), 16)
    newest = read_newest(connection, "line_id", (line.line_id for line in lines))
    rows = [
        _to_row(line, newest.get(line.line_id), at)
        for line in lines
        if _is_changed(line, newest.get(line.line_id))
    ]
    _check_orders(connection, lines)
    if rows:
        connection.execute(order_line_versions.insert(), rows)
    added = sum(map(_digest, rows))
    return OrderLoad(len(rows), f"{(total + added) % 2**256:064x}")


def read_newest(
    connection: Connection, column: str | None = None, values: Iterable[str] = ()
) -> Mapping[str, Row[Any]]:
    """The newest version of each line, by line id, in the order of orders and lines.

    With a column (`line_id` or `order_id`), of the lines that have one of the values there.
    """
    wanted = _select_newest(column)
    if column is None:
        return {row.line_id: row for row in connection.execute(wanted)}
    every, found = sorted(set(values)), {}
    for start in range(0, len(every), AT_ONCE):
        rows = connection.execute(wanted, {"names": every[start : start + AT_ONCE]})
        found.update({row.line_id: row for row in rows})
    return found


def digest_of_all(connection: Connection) -> str:
    """The sum of the digests of all rows; it does not depend on their order."""
    rows = connection.execute(select(order_line_versions)).mappings()
    return f"{sum(map(_digest, rows)) % 2**256:064x}"


@cache
def _select_newest(column: str | None) -> Select[Any]:
    """The newest versions, with a column of the lines that have one of the `names` there."""
    table = order_line_versions
    last = select(table.c.line_id, func.max(table.c.version).label("version"))
    if column is not None:
        last = last.where(table.c[column].in_(bindparam("names", expanding=True)))
    newest = last.group_by(table.c.line_id).subquery()
    is_last = and_(table.c.line_id == newest.c.line_id, table.c.version == newest.c.version)
    return select(table).join(newest, is_last).order_by(table.c.order_id, table.c.line_id)


def _check_orders(connection: Connection, lines: Sequence[OrderLine]) -> None:
    """Compare each order with its stored lines that are not among the given ones."""
    given = {line.line_id for line in lines}
    orders = {line.order_id: line for line in lines}
    for row in read_newest(connection, "order_id", orders).values():
        if row.line_id in given:
            continue
        line = orders[row.order_id]
        for name, value in line.describe_order().items():
            if row._mapping[name] != value:
                raise OrderConflictError(
                    line.line_id,
                    name,
                    f"found {value!r}, expected {row._mapping[name]!r} as in line {row.line_id} of "
                    "the same order: to change it, load all lines of the order together",
                )


def _is_changed(line: OrderLine, stored: Row[Any] | None) -> bool:
    if stored is None:
        return True
    if stored.order_id != line.order_id:
        raise OrderConflictError(
            line.line_id,
            "order_id",
            f"found {line.order_id!r}, expected {stored.order_id!r}, to which line {line.line_id} "
            "belongs: give a new line another id",
        )
    found = {name: stored._mapping[name] for name in LINE_FIELDS}
    expected = {name: _to_column(getattr(line, name)) for name in LINE_FIELDS}
    return found != expected or _list_booked(stored) != _list_prices(line)


def _list_prices(line: OrderLine) -> dict[int, int | None]:
    """The slots of a line with their prices; None: the price of the line."""
    if line.slot_prices is None:
        return dict.fromkeys(line.iterate_slots())
    return {**dict(line.slot_prices)}


def _list_booked(stored: Row[Any] | None) -> dict[int, int | None]:
    """The slots of a stored version in which it has positions, with their prices."""
    if stored is None:
        return {}
    return {
        run.starts_at + number * HOUR_S: run.price_minor
        for run in decode_runs(stored.slots)
        if run.positions
        for number in range(run.hours)
    }


def _to_row(line: OrderLine, stored: Row[Any] | None, at: datetime) -> dict[str, Any]:
    slots = line.slots
    released = _list_booked(stored).keys() - set(slots)
    prices = dict(line.slot_prices or ())
    return {
        **{name: _to_column(getattr(line, name)) for name in LINE_FIELDS},
        "version": 1 if stored is None else stored.version + 1,
        "slots": encode_runs(tuple(group_slots(slots, released, line.positions, prices))),
        "changed_at": at,
    }


def _to_column(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value


def _digest(row: Mapping[Any, Any]) -> int:
    names = (*LINE_FIELDS, "version", "slots", "changed_at")
    words = [row[name] for name in names]
    return int.from_bytes(hashlib.sha256(msgspec.json.encode(words)).digest())
