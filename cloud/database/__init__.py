"""One engine for SQLite or PostgreSQL, and the tables that the rooms share."""

from cloud.database.columns import (
    EPOCH,
    Instant,
    NaiveInstantError,
    metadata,
    microseconds,
)
from cloud.database.counts import (
    ATTENTION,
    BLIND,
    DWELL,
    SUMS,
    checkpoints,
    hour_tallies,
    journals,
    losses,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    places,
    reports,
    touched,
)
from cloud.database.engine import (
    DatabaseError,
    connect,
    insert,
    reading,
    run_many,
    writing,
)
from cloud.database.news import (
    alarms,
    alerts,
    dead_letters,
    device_states,
    notices,
)
from cloud.database.rollups import venue_demographics, venue_hours
from cloud.database.upgrade import create

__all__ = [
    "ATTENTION",
    "BLIND",
    "DWELL",
    "EPOCH",
    "SUMS",
    "DatabaseError",
    "Instant",
    "NaiveInstantError",
    "alarms",
    "alerts",
    "checkpoints",
    "connect",
    "create",
    "dead_letters",
    "device_states",
    "hour_tallies",
    "insert",
    "journals",
    "losses",
    "metadata",
    "microseconds",
    "minute_demographics",
    "minute_sensors",
    "minute_tallies",
    "notices",
    "places",
    "reading",
    "reports",
    "run_many",
    "touched",
    "venue_demographics",
    "venue_hours",
    "writing",
]
