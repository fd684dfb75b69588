"""Analyses as JSON documents. A figure that is not known is null, and `state` says why."""

from datetime import date, datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from cloud.analytics.analytics_query import AttentionMeasure
from cloud.analytics.attention import SiteRate
from cloud.analytics.rate_cell import MIN_VISITS, CellState, RateCell
from cloud.analytics.ratio import MIN_DAYS, RatioEstimate

DIGITS: Final = 5
SUPPRESSED: Final = f"`suppressed`: fewer than {MIN_VISITS} visits"


class RateDocument(BaseModel):
    """A rate with its 95 % interval; days are the sample."""

    value: float = Field(examples=[0.187])
    low: float | None = Field(
        examples=[0.171], description=f"null: fewer than {MIN_DAYS} observed days, or no viewer"
    )
    high: float | None = Field(examples=[0.203])
    days: int = Field(examples=[28], description="local days with observed time")

    @classmethod
    def of(cls, found: RatioEstimate | None) -> "RateDocument | None":
        """From an estimate."""
        if found is None:
            return None
        return cls(
            value=round(found.value, DIGITS),
            low=None if found.low is None else round(found.low, DIGITS),
            high=None if found.high is None else round(found.high, DIGITS),
            days=found.days,
        )


class RateCellDocument(BaseModel):
    """The sums of a cell and its rate; of a suppressed cell, only the time is known."""

    state: CellState = Field(description=SUPPRESSED)
    rate: RateDocument | None = Field(description="null unless the state is `measured`")
    observed_share: float | None = Field(
        examples=[0.97], description="of the expected camera time; null where none was expected"
    )
    observed_s: float
    expected_s: float
    visits: int | None = Field(description="ended visits; null: not observed, or suppressed")
    viewers: int | None
    attention_s: float | None
    ots_s: float | None = Field(description="time of all people in view")


class AnalysisDocument(BaseModel):
    """What was analysed. The dates are those of the locations' own clocks."""

    measure: AttentionMeasure
    days: int
    until: date | None = Field(description="null: until the day of `asked_at`")
    asked_at: datetime
    min_visits: int = MIN_VISITS


class LocationDocument(RateCellDocument):
    """The rate of one location."""

    location: str = Field(examples=["KX-01"])
    name: str
    venue_type: str = Field(examples=["10503"])
    timezone: str = Field(examples=["Europe/London"])
    latitude_deg: float
    longitude_deg: float


class AttentionResponse(AnalysisDocument):
    """The locations in the order of the sites file."""

    locations: list[LocationDocument]


class WeekHourDocument(RateCellDocument):
    """One hour of the local week."""

    weekday: int = Field(ge=1, le=7, description="1 is Monday")
    hour: int = Field(ge=0, le=23, description="of the local day")


class WeekResponse(AnalysisDocument):
    """The hours of the week, by weekday and hour; an hour that was not asked for is absent."""

    hours: list[WeekHourDocument]


class ShrunkDocument(BaseModel):
    """The rate after shrinkage towards the mean of the locations, with a 95 % interval."""

    value: float
    low: float
    high: float
    weight_of_mean: float = Field(
        description="0: the own rate; 1: the mean of all locations", examples=[0.2]
    )
    rank: int = Field(description="1 is the highest")
    rank_best: int = Field(description="highest rank that the intervals admit")
    rank_worst: int = Field(description="lowest rank that the intervals admit")


class EffectiveLocationDocument(LocationDocument):
    """A location with its shrunk rate."""

    shrunk: ShrunkDocument | None = Field(
        description="null: fewer than seven observed days, no viewer, or fewer than three such "
        "locations"
    )


class EffectivenessResponse(AnalysisDocument):
    """Ranked locations first, then those without a rank, by id."""

    mean: float | None = Field(description="weighted mean of the ranked locations")
    between: float | None = Field(description="standard deviation between their true rates")
    locations: list[EffectiveLocationDocument]


class GroupDocument(BaseModel):
    """Visits of one estimated age group and gender."""

    age: str = Field(examples=["25-34"])
    gender: str = Field(examples=["female"])
    visits: int
    viewers: int
    share: float = Field(description="of the described visits")
    rate: RateDocument | None


class GroupsResponse(BaseModel):
    """Groups of ten visits or more, of whole UTC days, from which no smaller one follows."""

    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    min_visits: int = MIN_VISITS
    described_visits: int | None = Field(description="null: fewer than ten")
    undescribed_visits: int | None = Field(
        description="of which age or gender is unknown; null where `described_visits` is"
    )
    suppressed_visits: int | None = Field(
        description="in groups of fewer than ten, and in those from which they would follow; null: "
        "fewer than ten"
    )
    groups: list[GroupDocument]


def describe_cell(cell: RateCell) -> dict[str, Any]:
    """The values of a `RateCellDocument`."""
    sums, is_shown = cell.sums, cell.state is CellState.MEASURED
    share = sums.observed_share
    return {
        "state": cell.state,
        "rate": RateDocument.of(cell.rate),
        "observed_share": None if share is None else round(share, 4),
        "observed_s": sums.observed_ms / 1_000,
        "expected_s": sums.expected_ms / 1_000,
        "visits": sums.visits if is_shown else None,
        "viewers": sums.onlookers if is_shown else None,
        "attention_s": sums.looking_ms / 1_000 if is_shown else None,
        "ots_s": sums.person_ms / 1_000 if is_shown else None,
    }


def describe_site(found: SiteRate) -> dict[str, Any]:
    """The values of a `LocationDocument`."""
    site = found.site
    return {
        "location": site.id,
        "name": site.name,
        "venue_type": site.venue,
        "timezone": site.timezone,
        "latitude_deg": site.latitude_deg,
        "longitude_deg": site.longitude_deg,
        **describe_cell(found.cell),
    }
