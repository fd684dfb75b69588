"""The application context of tests: an empty SQLite database, the tests' sites and rate card."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloud.app.context import AppContext
from tests.cloud.databases import new_engine
from tests.cloud.rates import CARD, sites

FRIDAY_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class ManualClock:
    """A clock that a test advances."""

    now: datetime = FRIDAY_NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, time: timedelta) -> None:
        self.now += time


@contextmanager
def open_app_context(folder: Path, clock: ManualClock) -> Iterator[AppContext]:
    engine = new_engine(folder)
    yield AppContext(engine, sites(), CARD, clock)
    engine.dispose()
