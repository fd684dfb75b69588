"""Reports of whole hours for analyses: each fills its hour, with visits and viewers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import Connection

from cloud.ingest import report_store, venue_sums
from cloud.ingest.minute_sums import MinuteSums
from tests.report_builder import build_report
from wire.audience import DemographicCell
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
NUMBERS = count(1)


@dataclass(frozen=True)
class CountedHour:
    """What the camera of a location counted in the hour that starts so many days ago."""

    days_ago: int
    hour: int
    visits: int = 100
    viewers: int = 20
    location: str = "KX-01"
    observed_s: int = 3_600
    groups: tuple[DemographicCell, ...] = ()
    camera: str = "cam-1"

    def report(self):
        starts_at = TODAY - timedelta(days=self.days_ago) + timedelta(hours=self.hour)
        number = next(NUMBERS)
        return build_report(
            location=LocationId(self.location),
            device=DeviceId(f"{self.location.lower()}-{self.camera}"),
            journal=JournalId("00000000000000a1"),
            sequence=SequenceRange(first=number, last=number),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            observed_ms=self.observed_s * 1_000,
            visits=self.visits,
            onlookers=self.viewers,
            person_ms=self.visits * 5_000,
            facing_ms=self.viewers * 2_000,
            looking_ms=self.viewers * 2_000,
            demographics=self.groups,
        )


def store_hours(connection: Connection, hours: Iterable[CountedHour], now: datetime = NOW) -> None:
    """Count the reports as ingest does."""
    sums = MinuteSums()
    for hour in hours:
        sums.add(hour.report())
    report_store.add_sums(connection, sums, now)
    venue_sums.add_venue_sums(connection, sums, 0)
