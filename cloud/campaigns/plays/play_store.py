"""Store plays exactly once, and count them by hour in the same transaction.

A play that is stored already (the same screen, creative and start, or the same reference) is a
duplicate: files may overlap and may be imported again.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.campaigns.attribution import LoggedHours
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.tables import logged_hours, logged_plays
from cloud.database import EPOCH, insert

HOUR_S: Final = 3_600
AT_ONCE: Final = 400


def store_plays(
    connection: Connection, plays: Sequence[LoggedPlay], source: PlaySource, import_id: str
) -> int:
    """Store the plays that are not stored yet; returns how many there were."""
    into = insert(connection.dialect.name, logged_plays).on_conflict_do_nothing()
    columns = logged_plays.c
    added = into.returning(columns.location, columns.started_at, columns.creative, columns.line)
    hours: Counter[tuple[str, int, str, str]] = Counter()
    for start in range(0, len(plays), AT_ONCE):
        rows = [_to_row(play, source, import_id) for play in plays[start : start + AT_ONCE]]
        for row in connection.execute(added, rows):
            hour_at = int((row.started_at - EPOCH).total_seconds()) // HOUR_S * HOUR_S
            hours[row.location, hour_at, row.creative, row.line] += 1
    _add_hours(connection, hours)
    return sum(hours.values())


def _to_row(play: LoggedPlay, source: PlaySource, import_id: str) -> dict[str, Any]:
    return {
        "play_key": play.key,
        "play_ref": play.ref,
        "location": play.location,
        "creative": play.creative,
        "line": play.line,
        "started_at": play.started_at,
        "offset_minutes": play.offset_minutes,
        "duration_ms": play.duration_ms,
        "source": source.value,
        "import_id": import_id,
    }


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
