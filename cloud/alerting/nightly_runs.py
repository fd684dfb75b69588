"""How long ago the last nightly run was complete; there is no measure where none ever started."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.alerting.rules import AlertKind, Measure
from cloud.nightly.runs import read_first_started_at, read_last_completed_at

HOUR: Final = timedelta(hours=1)


def measure_nightly_run(connection: Connection, now: datetime) -> Iterator[Measure]:
    """The hours since the last complete run, or since the first start of one."""
    completed_at = read_last_completed_at(connection)
    since = completed_at or read_first_started_at(connection)
    if since is None:
        return
    what = "the last complete nightly run ended" if completed_at else "no nightly run is complete"
    message = f"{what} {'at' if completed_at else 'since'} {since:%Y-%m-%d %H:%M}Z"
    yield Measure(AlertKind.NIGHTLY_LATE, "", "", (now - since) / HOUR, message)
