"""Remove plays that another log has stored already, with a start that differs a little.

Logs of two systems state the start of one play to the second or to the millisecond, and read it
from two clocks. A screen does not start a creative again before its spot has ended. So plays of one
screen and creative by logs of different sources are one play where their starts are less than
`TOLERANCE_MS` apart, and less apart than the shorter of the durations that the logs state. Within
one source only equal starts are one play: its log has its own clock. The play that was stored
first stays.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    type_coerce,
)

from cloud.campaigns.tables import logged_plays

TOLERANCE_MS: Final = 2_000
MICROSECONDS: Final = 1_000
"""Of a millisecond."""
_OWN: Final = logged_plays.c
_OTHER: Final = logged_plays.alias("other")


def delete_twins(connection: Connection, newest: int, import_id: str) -> None:
    """Of the plays that an import has added after the `newest`, remove those of another log."""
    _delete(connection, newest, import_id, _OTHER.c.location == _OWN.location)


def delete_former_twins(
    connection: Connection, newest: int, import_id: str, location: str, formerly: Sequence[str]
) -> None:
    """Also remove those that are stored under a former id of a location."""
    is_former = _OTHER.c.location.in_(formerly)
    _delete(connection, newest, import_id, and_(_OWN.location == location, is_former))


def _delete(
    connection: Connection, newest: int, import_id: str, is_same_screen: ColumnElement[bool]
) -> None:
    own_at, other_at = (_in_microseconds(table) for table in (_OWN, _OTHER.c))
    least: Any = func.min if connection.dialect.name == "sqlite" else func.least
    tolerance = least(TOLERANCE_MS, _duration_ms(_OWN), _duration_ms(_OTHER.c)) * MICROSECONDS
    is_near = and_(_OTHER.c.source != _OWN.source, func.abs(own_at - other_at) < tolerance)
    found = select(_OTHER.c.id).where(
        is_same_screen,
        _OTHER.c.creative == _OWN.creative,
        _OTHER.c.id != _OWN.id,
        other_at.between(
            own_at - TOLERANCE_MS * MICROSECONDS, own_at + TOLERANCE_MS * MICROSECONDS
        ),
        or_(own_at == other_at, is_near),
    )
    is_added = and_(_OWN.id > newest, _OWN.import_id == import_id)
    connection.execute(delete(logged_plays).where(is_added, found.exists()))


def _in_microseconds(columns: Any) -> ColumnElement[int]:
    return type_coerce(columns.started_at, BigInteger)


def _duration_ms(columns: Any) -> ColumnElement[int]:
    """The stated duration; the tolerance where a log states none."""
    return cast(func.coalesce(columns.duration_ms, TOLERANCE_MS), BigInteger)
