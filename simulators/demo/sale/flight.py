"""What the demonstration sells: the whole loop of one screen for three hours, eight days ago.

The flight is in the past, since an invoice becomes final a week after it. The clock of the sales
server starts a day before the flight, so everything is bought before it begins.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/London")
DAYS_AGO: Final = 8
HOURS: Final = 3
BLIND_FROM: Final = timedelta(hours=1)  # after the start, until the end
FIRST_HOUR: Final = time(10)  # of the screen's clock


@dataclass(frozen=True, slots=True)
class Flight:
    """The hours that are sold, and the screen of the sample sites file that shows them."""

    starts_at: datetime
    location: str = "WA-01"
    device: str = "wa-01-cam-1"
    size_px: tuple[int, int] = (1920, 1080)
    positions: int = 6  # all of the loop
    spot_s: int = 10

    @property
    def ends_at(self) -> datetime:
        """The end of the last hour."""
        return self.starts_at + timedelta(hours=HOURS)

    @property
    def blind_at(self) -> datetime:
        """When the lens of the camera is covered."""
        return self.starts_at + BLIND_FROM

    @property
    def bought_at(self) -> datetime:
        """When the advertiser asks for a plan."""
        return self.starts_at - timedelta(days=1)

    @property
    def plays(self) -> int:
        """The spots that the hours hold: the loop has no other."""
        return (self.ends_at - self.starts_at) // timedelta(seconds=self.spot_s)


def choose_flight(now: datetime) -> Flight:
    """The flight of a demonstration that runs now."""
    day = now.astimezone(ZONE).date() - timedelta(days=DAYS_AGO)
    return Flight(datetime.combine(day, FIRST_HOUR, ZONE).astimezone(now.tzinfo))
