"""One look at everything that has changed, for however many want to hear of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from cloud.database import reading
from cloud.estate import Estate
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
    """What a look has found."""

    counted: list[CountedReport]
    windows: Mapping[WindowKey, Audience]
    alerts: list[Row[Any]]
    through: int
    at: datetime


class ChangeReader:
    """Follows one database; to be asked by one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        estate: Callable[[], Estate | None] = lambda: None,
    ) -> None:
        """`estate` gives the sites in force, for who is expected to observe."""
        self._engine = engine
        self._clock = clock
        self._estate = estate
        self._trail: ReportFollower | None = None
        self._alerts: AlertFollower | None = None
        self._alerts_at: datetime | None = None

    def read(self, wanted: frozenset[str] | None, owed: frozenset[WindowKey]) -> ChangeSet:
        """What has changed; the windows of the wanted places (None: all) are read, and the owed.

        The first look goes back some way and reads no window: it only tells when each changed.
        """
        now = self._clock()
        with reading(self._engine) as connection:
            is_first = self._trail is None
            trail = self._trail = self._trail or ReportFollower(connection)
            counted = trail.read(connection)
            changed = {one.key for one in counted if wanted is None or one.key[0] in wanted}
            keys = owed if is_first else owed | changed
            windows = read_windows(connection, keys, estate=self._estate(), now=now)
            return ChangeSet(counted, windows, self._alerts_since(connection, now),
                        trail.through, now)  # fmt: skip

    def _alerts_since(self, connection: Connection, now: datetime) -> list[Row[Any]]:
        if self._alerts_at is not None and now < self._alerts_at + ALERTS_EVERY:
            return []
        self._alerts_at = now
        if self._alerts is None:
            self._alerts = AlertFollower(connection)
            return self._alerts.lately(connection, now - ALERTS_KEPT)
        return self._alerts.read(connection)
