"""Store plays exactly once, and count them by hour in the same transaction.

A play that is stored already (the same screen, creative and start, the same reference, or nearly
the same start by another log: `twins`) is a duplicate: files may overlap and may be imported again.
Plays stay under the id that the screen had then, and are read under its present one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, bindparam, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite

from cloud.campaigns.attribution import LoggedHours
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.coverage import AT_ONCE, HOUR_S, read_covered_hours
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.twins import delete_former_twins, delete_twins
from cloud.campaigns.tables import logged_hours, logged_plays
from cloud.database import insert, microseconds, run_many
from cloud.sites.sites import Sites

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
ADVISORY_LOCK: Final = 7_305_841
"""Key of PostgreSQL's advisory lock; arbitrary, and of no other lock. SQLite has one writer."""


def store_plays(
    connection: Connection,
    plays: Sequence[LoggedPlay],
    source: PlaySource,
    import_id: str,
    sites: Sites | None = None,
) -> int:
    """Store the plays that are not stored yet; returns how many there were.

    With `sites`, plays under former ids of their locations are stored already.
    """
    if not plays:
        return 0
    _lock_plays(connection)
    newest = connection.execute(_NEWEST).scalar() or 0
    rows = [_to_row(play, source, import_id) for play in plays]
    run_many(connection, _insert_statement(connection.dialect.name), _COLUMNS, rows)
    delete_twins(connection, newest, import_id)
    for location, formerly in _list_former(sites, plays):
        delete_former_twins(connection, newest, import_id, location, formerly)
    added = connection.execute(_ADDED, {"newest": newest, "import_id": import_id})
    hours: Counter[tuple[str, int, str, str]] = Counter()
    for location, started_us, creative, line in added:
        hours[location, started_us // MICROSECONDS // HOUR_S * HOUR_S, creative, line] += 1
    _add_hours(connection, hours)
    return sum(hours.values())


def _lock_plays(connection: Connection) -> None:
    """Wait for other imports: each is to find the plays of the others."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


def _list_former(
    sites: Sites | None, plays: Sequence[LoggedPlay]
) -> Iterator[tuple[str, Sequence[str]]]:
    locations = {play.location for play in plays}
    for site in sites or ():
        if site.id in locations and site.formerly:
            yield site.id, site.formerly


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
    connection: Connection,
    locations: Sequence[str],
    first_s: int,
    until_s: int,
    sites: Sites | None = None,
) -> LoggedHours:
    """The plays of logs in the hours of [first_s, until_s); with `sites` also of former ids."""
    plays: Counter[tuple[HourKey, str, str]] = Counter()
    present = list_ids(sites, locations)
    names, columns = sorted(present), logged_hours.c
    for start in range(0, len(names), AT_ONCE):
        query = select(logged_hours).where(
            columns.location.in_(names[start : start + AT_ONCE]),
            columns.hour_at >= first_s,
            columns.hour_at < until_s,
        )
        for location, hour_at, creative, line, count in connection.execute(query):
            plays[HourKey(present[location], hour_at), creative, line] += count
    return LoggedHours(dict(plays), read_covered_hours(connection, present, first_s, until_s))


def list_ids(sites: Sites | None, locations: Iterable[str]) -> dict[str, str]:
    """The present id of every id that the locations have or had."""
    present = {location: location for location in locations}
    for site in sites or ():
        if site.id in present:
            present |= dict.fromkeys(site.formerly, site.id)
    return present
