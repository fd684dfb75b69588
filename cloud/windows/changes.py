"""Read all changes of the database once, for any number of subscribers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from cloud.database import reading
from cloud.sites.sites import Sites
from cloud.windows.audience import Audience
from cloud.windows.change_feed import (
    AlertFollower,
    CountedReport,
    ReportFollower,
    WindowKey,
    read_windows,
)

ALERTS_EVERY: Final = timedelta(seconds=5)
ALERTS_KEPT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The result of one read."""

    counted: list[CountedReport]
    windows: Mapping[WindowKey, Audience]
    alerts: list[Row[Any]]
    through: int
    at: datetime


class ChangeReader:
    """Follows one database; used by one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        sites: Callable[[], Sites | None] = lambda: None,
    ) -> None:
        """`sites` gives the sites in force, for the expected cameras."""
        self._engine = engine
        self._clock = clock
        self._sites = sites
        self._reports: ReportFollower | None = None
        self._alerts: AlertFollower | None = None
        self._alerts_at: datetime | None = None

    def read(self, wanted: frozenset[str] | None, pending: frozenset[WindowKey]) -> ChangeSet:
        """The changes, with the windows of the wanted locations (None: all) and the pending ones.

        The first read starts at a backlog and reads pending windows only.
        """
        now = self._clock()
        with reading(self._engine) as connection:
            is_first = self._reports is None
            follower = self._reports = self._reports or ReportFollower(connection)
            counted = follower.read(connection)
            changed = {one.key for one in counted if wanted is None or one.key[0] in wanted}
            keys = pending if is_first else pending | changed
            windows = read_windows(connection, keys, sites=self._sites(), now=now)
            return ChangeSet(counted, windows, self._alerts_since(connection, now),
                        follower.through, now)  # fmt: skip

    def _alerts_since(self, connection: Connection, now: datetime) -> list[Row[Any]]:
        if self._alerts_at is not None and now < self._alerts_at + ALERTS_EVERY:
            return []
        self._alerts_at = now
        if self._alerts is None:
            self._alerts = AlertFollower(connection)
            return self._alerts.read_since(connection, now - ALERTS_KEPT)
        return self._alerts.read(connection)
