"""What an analysis covers: days, hours of the local day, weekdays, locations and a measure.

The same names stand in the address of a page, in a saved view and in the query of the API, so a
saved view is evaluated without a browser.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cloud.sites.openooh import refuse_unknown
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

EARLIEST: Final = date(2020, 1, 1)
USUAL_DAYS: Final = 28
MAX_DAYS: Final = 92
MAX_LOCATIONS: Final = 50
MAX_LOCATION_DAYS: Final = 10_000
"""Locations times days of one analysis: a quarter of a million hours take about two seconds."""
MAX_QUERY: Final = 1_000


class AnalyticsQueryError(ValueError):
    """An analysis that cannot be computed; the message says what to change."""


class AttentionMeasure(StrEnum):
    """What is measured; each is a ratio of two sums."""

    VIEWERS = "viewers"  # viewers in ended visits
    ATTENTION = "attention"  # attention seconds in person seconds
    ATTENTION_PER_HOUR = "attention_per_hour"  # attention seconds in an observed camera hour


class AnalyticsQuery(BaseModel):
    """Whole local days before `until`, at the locations that match."""

    model_config = ConfigDict(frozen=True)

    days: int = Field(USUAL_DAYS, ge=1, le=MAX_DAYS, description="local days before `until`")
    until: date | None = Field(
        None, ge=EARLIEST, description="the first local day that is not included; default: today"
    )
    hour_from: int = Field(0, ge=0, le=23, description="first hour of the local day")
    hour_until: int = Field(24, ge=1, le=24, description="hour of the local day that ends it")
    weekday: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        (), max_length=7, description="1 is Monday; default: every day"
    )
    venue_type: str | None = Field(None, pattern=r"^[0-9]{1,10}$", examples=["10503"])
    location: tuple[Annotated[str, Field(max_length=63)], ...] = Field((), max_length=MAX_LOCATIONS)
    measure: AttentionMeasure = AttentionMeasure.VIEWERS

    @model_validator(mode="after")
    def _hours_in_order(self) -> Self:
        if self.hour_until <= self.hour_from:
            raise ValueError("hour_until must be after hour_from")
        return self

    def includes(self, day: date, hour: int) -> bool:
        """Whether an hour of a local day belongs to it."""
        if not self.hour_from <= hour < self.hour_until:
            return False
        return not self.weekday or day.isoweekday() in self.weekday

    def period(self, zone: ZoneInfo, now: datetime) -> tuple[date, date]:
        """The first local day, and the first one after the last; today is never included."""
        today = now.astimezone(zone).date()
        end_on = min(self.until or today, today)
        return end_on - timedelta(days=self.days), end_on

    def select(self, sites: Sites) -> list[Site]:
        """The locations, in the order of the sites file.

        Raises:
            UnknownLocation, VenueError: one is not listed.
            AnalyticsQueryError: they are too many for the days.
        """
        if self.venue_type is not None:
            refuse_unknown([self.venue_type], (site.venue for site in sites))
        wanted = {sites.location(name).id for name in self.location}
        found = [
            site
            for site in sites
            if self.venue_type in (None, site.venue) and (not wanted or site.id in wanted)
        ]
        if len(found) * self.days > MAX_LOCATION_DAYS:
            raise AnalyticsQueryError(
                f"{len(found)} locations for {self.days} days are more than {MAX_LOCATION_DAYS} "
                "days of locations: choose a venue type, some locations, or fewer days"
            )
        return found


def parse_query(text: str) -> AnalyticsQuery:
    """The analysis of the query of an address; names that it does not know are ignored.

    Weekdays and locations are repeated as in the query of the API, or separated by commas.

    Raises:
        AnalyticsQueryError: a value is not allowed.
    """
    if len(text) > MAX_QUERY:
        raise AnalyticsQueryError(f"the query has {len(text)} characters: {MAX_QUERY} are allowed")
    given: dict[str, Any] = {}
    for name, values in parse_qs(text).items():
        if name in ("weekday", "location"):
            given[name] = tuple(one for value in values for one in value.split(",") if one)
        elif name in AnalyticsQuery.model_fields:
            given[name] = values[-1]
    try:
        return AnalyticsQuery.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "query"
        raise AnalyticsQueryError(f"`{where}`: {first['msg']}") from error
