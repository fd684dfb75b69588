"""Store plays exactly once, and count them by hour in the same transaction.

A play that is stored already (the same screen, creative and start, or the same reference) is a
duplicate: files may overlap and may be imported again.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, bindparam, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite

from cloud.campaigns.attribution import LoggedHours
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.tables import logged_hours, logged_plays
from cloud.database import insert, microseconds, run_many

HOUR_S: Final = 3_600
AT_ONCE: Final = 400
_COLUMNS: Final = (
    "play_key", "play_ref", "location", "creative", "line", "started_at", "offset_minutes",
    "duration_ms", "source", "import_id",
)  # fmt: skip
_NEWEST: Final = select(func.max(logged_plays.c.id))
_ADDED: Final = select(
    logged_plays.c.location,
    type_coerce(logged_plays.c.started_at, BigInteger),
    logged_plays.c.creative,
    logged_plays.c.line,
).where(logged_plays.c.id > bindparam("newest"), logged_plays.c.import_id == bindparam("import_id"))
MICROSECONDS: Final = 1_000_000


def store_plays(
    connection: Connection, plays: Sequence[LoggedPlay], source: PlaySource, import_id: str
) -> int:
    """Store the plays that are not stored yet; returns how many there were."""
    if not plays:
        return 0
    newest = connection.execute(_NEWEST).scalar() or 0
    rows = [_to_row(play, source, import_id) for play in plays]
    run_many(connection, _insert_statement(connection.dialect.name), _COLUMNS, rows)
    added = connection.execute(_ADDED, {"newest": newest, "import_id": import_id})
    hours: Counter[tuple[str, int, str, str]] = Counter()
    for location, started_us, creative, line in added:
        hours[location, started_us // MICROSECONDS // HOUR_S * HOUR_S, creative, line] += 1
    _add_hours(connection, hours)
    return sum(hours.values())


@cache
def _insert_statement(dialect: str) -> sqlite.Insert | postgresql.Insert:
    return insert(dialect, logged_plays).on_conflict_do_nothing().inline()


def _to_row(play: LoggedPlay, source: PlaySource, import_id: str) -> tuple[Any, ...]:
    """The values of `_COLUMNS`, as the driver takes them."""
    return (
        play.key, play.ref, play.location, play.creative, play.line,
        microseconds(play.started_at), play.offset_minutes, play.duration_ms, source.value,
        import_id,
    )  # fmt: skip


def _add_hours(connection: Connection, hours: Counter[tuple[str, int, str, str]]) -> None:
    if not hours:
        return
    into = insert(connection.dialect.name, logged_hours)
    adding = into.on_conflict_do_update(
        index_elements=list(logged_hours.primary_key),
        set_={"plays": logged_hours.c.plays + into.excluded.plays},
    )
    names = ("location", "hour_at", "creative", "line")
    rows = [{**dict(zip(names, key, strict=True)), "plays": hours[key]} for key in sorted(hours)]
    connection.execute(adding, rows)


def read_logged_hours(
    connection: Connection, locations: Sequence[str], first_s: int, until_s: int
) -> LoggedHours:
    """The plays of logs in the hours of [first_s, until_s)."""
    plays: dict[tuple[HourKey, str, str], int] = {}
    columns = logged_hours.c
    for start in range(0, len(locations), AT_ONCE):
        query = select(logged_hours).where(
            columns.location.in_(locations[start : start + AT_ONCE]),
            columns.hour_at >= first_s,
            columns.hour_at < until_s,
        )
        for location, hour_at, creative, line, count in connection.execute(query):
            plays[HourKey(location, hour_at), creative, line] = count
    return LoggedHours(plays, frozenset(key for key, _, _ in plays))
