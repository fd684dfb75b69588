"""The request for a plan, as JSON; it is converted to the brief of the optimiser."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cloud.money import minor, minor_per_unit
from cloud.pricing.optimise.brief import AudienceGroup, Brief, Caps, Daypart, Minimum, Objective
from wire.audience import AgeGroup, Gender

VenueId = Annotated[str, Field(pattern="^[1-9][0-9]{0,5}$", examples=["10503"])]
"""The numbers of OpenOOH 1.2."""


class RequestPart(BaseModel):
    """A part of a request: unknown fields and NaN are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class DaypartRequest(RequestPart):
    """Local hours from `from_hour` to before `to_hour`; Monday is 0."""

    from_hour: int = Field(ge=0, le=23, examples=[7])
    to_hour: int = Field(ge=0, le=24, examples=[10])
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        default=[0, 1, 2, 3, 4, 5, 6], min_length=1, max_length=7
    )

    def to_brief(self) -> Daypart:
        """The same for the optimiser."""
        return Daypart(self.from_hour, self.to_hour, frozenset(self.weekdays))


class GroupRequest(RequestPart):
    """People by age and gender; nothing named means everybody."""

    ages: list[AgeGroup] = Field(
        default=[], max_length=len(AgeGroup), examples=[["25-34", "35-44"]]
    )
    genders: list[Gender] = Field(default=[], max_length=3)

    def to_brief(self) -> AudienceGroup:
        """The same for the optimiser."""
        return AudienceGroup(frozenset(self.ages), frozenset(self.genders))


class MinimumRequest(RequestPart):
    """The minimum of impressions of a group, or of different people in it."""

    group: GroupRequest = GroupRequest()
    measure: Literal["impressions", "reach"]
    min: float = Field(gt=0, le=1e12)


class CapsRequest(RequestPart):
    """The most of something; a slot bought in two positions counts twice."""

    max_spots: int | None = Field(default=None, ge=1, le=10**9)
    max_spots_per_screen: int | None = Field(default=None, ge=1, le=10**9)
    max_spots_per_screen_per_day: int | None = Field(default=None, ge=1, le=10**9)
    max_spend_per_screen: Decimal | None = Field(default=None, gt=0, le=10**10, decimal_places=4)
    max_positions_per_slot: int = Field(default=1, ge=1, le=3600)

    def to_brief(self, currency: str) -> Caps:
        """The same for the optimiser."""
        spend = self.max_spend_per_screen
        return Caps(
            max_spots=self.max_spots,
            max_spots_per_screen=self.max_spots_per_screen,
            max_spots_per_screen_per_day=self.max_spots_per_screen_per_day,
            max_spend_per_screen_minor=None if spend is None else minor(spend, currency),
            max_positions_per_slot=self.max_positions_per_slot,
        )


class PlanRequest(RequestPart):
    """A brief: budget, dates, locations and target. Days are local; `until` is exclusive."""

    budget: Decimal = Field(gt=0, le=10**10, decimal_places=4, examples=["2500.00"])
    currency: str = Field(default="GBP", pattern="^[A-Z]{3}$")
    first_on: date = Field(alias="from", examples=["2030-01-07"])
    until_on: date = Field(alias="until", examples=["2030-01-14"])
    dayparts: list[DaypartRequest] = Field(default=[], max_length=20)
    locations: list[str] = Field(default=[], max_length=1000)
    venues: list[VenueId] = Field(default=[], max_length=100)
    target: GroupRequest = GroupRequest()
    caps: CapsRequest = CapsRequest()
    minimums: list[MinimumRequest] = Field(default=[], max_length=20)
    objective: Objective = Objective.ATTENTIVE
    value_per_impression: Decimal | None = Field(default=None, gt=0, le=10**6)
    min_roi: float = Field(default=0.0, ge=0, le=1000)
    within_s: float = Field(default=25.0, gt=0, le=60, description="how long to search at most")

    def to_brief(self) -> Brief:
        """The same for the optimiser; raises BriefError or MoneyError."""
        value = self.value_per_impression
        return Brief(
            budget_minor=minor(self.budget, self.currency),
            currency=self.currency,
            first_on=self.first_on,
            until_on=self.until_on,
            dayparts=tuple(part.to_brief() for part in self.dayparts),
            locations=frozenset(self.locations),
            venues=frozenset(self.venues),
            target=self.target.to_brief(),
            caps=self.caps.to_brief(self.currency),
            minimums=tuple(
                Minimum(one.group.to_brief(), one.measure, one.min) for one in self.minimums
            ),
            objective=self.objective,
            value_minor=None if value is None else float(value * minor_per_unit(self.currency)),
            min_roi=self.min_roi,
        )


class StoredPlanRequest(PlanRequest):
    """The brief of a stored plan: no request waits for it, so the search may be longer."""

    within_s: float = Field(default=60.0, gt=0, le=600, description="how long to search at most")
