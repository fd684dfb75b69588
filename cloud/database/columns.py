"""Column types that all tables share: names, numbers and instants.

Instants are stored as whole microseconds since 1970 UTC, minutes as whole seconds: exact, sortable
and equal on both engines.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    cast,
    func,
)
from sqlalchemy.types import TypeEngine

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NAME: Final = String(63)
NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""An automatic number; SQLite increments only columns of type INTEGER."""

metadata = MetaData()


class NaiveInstantError(ValueError):
    """An instant without a time zone is ambiguous."""


class UnreadableInstantError(ValueError):
    """A table contains a value that is no instant."""


def microseconds(instant: datetime) -> int:
    """An instant as the tables store it."""
    return (instant - EPOCH) // timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Refuse a naive instant: it is ambiguous."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveInstantError(f"{value.isoformat()} has no time zone: give an aware instant")
        return microseconds(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """The instant, in UTC."""
        try:
            return None if value is None else EPOCH + timedelta(microseconds=value)
        except (TypeError, OverflowError):  # SQLite stores any value in any column
            raise UnreadableInstantError(
                f"a time in the database is {str(value)[:40]!r}: expected microseconds since 1970"
            ) from None


def total(numbers: ColumnElement[Any]) -> ColumnElement[Any]:
    """The sum of a column as that column's own kind of number; null where there are no rows.

    PostgreSQL sums a bigint as a numeric, which arrives as a Decimal; SQLite does not. Use this in
    place of `func.sum`, so that both give an int for whole numbers and a float for others.
    """
    kind: TypeEngine[Any] = BigInteger() if isinstance(numbers.type, Integer) else Double()
    return cast(func.sum(numbers), kind)


def mean(numbers: ColumnElement[Any]) -> ColumnElement[Any]:
    """The mean of a column as a float on both engines; null where there are no rows."""
    return cast(func.avg(numbers), Double)
