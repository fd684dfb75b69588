"""The response to a brief: a plan with its bound, or relaxations."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from cloud.app.ranges import Range, range_of
from cloud.app.site_selection import OmittedLocation
from cloud.money import major
from cloud.planning.plan_offers import VISITS_PER_WEEK, PlanOffer
from cloud.pricing.impressions import FORMULA
from cloud.pricing.optimise.brief import Brief
from cloud.pricing.optimise.plan import TOGETHER, Infeasible, MediaPlan, Outcome, Relaxation

ASSUMPTIONS = (
    f"each person passes a location {VISITS_PER_WEEK:g} times a week: reach depends on it, since "
    "nobody is recognised",
    "contacts are evenly distributed over people, and different locations have different people",
    f"forecast errors are equal within a location; their correlation between two is {TOGETHER:g}",
    "positions that are not recorded as booked are free",
)


class PlanLineResponse(BaseModel):
    """Positions of one slot."""

    location: str = Field(examples=["KX-01"])
    time_slot: str = Field(examples=["2030-01-07T08:00:00+00:00"])
    positions: int
    cost: Decimal
    impressions: float = Field(description="attentive impressions of the target, expected")
    impressions_range: Range | None = Field(
        default=None, description="the same with P10 and P90; null: a plan of an earlier version"
    )


class ShadowPriceResponse(BaseModel):
    """What one more unit of a limit would add, at the margin."""

    limit: str = Field(examples=["budget"])
    about: str = Field(
        examples=["KX-01"], description="the location or day, where there are several"
    )
    worth: float = Field(examples=[53.2])
    sentence: str = Field(examples=["GBP 1 more buys 53.2 attentive impressions"])


class BindingLimitResponse(BaseModel):
    """A limit that keeps the plan from buying more."""

    limit: str = Field(examples=["max_positions_per_slot"])
    slots: int = Field(examples=[240], description="slots of which it allows no further position")
    sentence: str = Field(examples=["the budget of GBP 2,500.00 leaves no room for more"])


class PlanMinimumResponse(BaseModel):
    """A minimum, and how much of it the plan achieves."""

    group: str = Field(examples=["18-24"])
    measure: str = Field(examples=["reach"])
    min: float
    achieved: float


class RelaxationChangeResponse(BaseModel):
    """One limit as requested, and its relaxed value; 0 means without the limit."""

    limit: str = Field(examples=["budget"])
    name: str = Field(examples=["the budget"])
    asked: float = Field(examples=[1200.0])
    to: float = Field(examples=[1570.0])
    unit: str = Field(examples=["GBP"])


class RelaxationResponse(BaseModel):
    """Changes that make the brief possible; proven by a plan, or only estimated."""

    sentence: str = Field(examples=["raise the budget from GBP 1,200.00 to GBP 1,570.00"])
    proven: bool
    changes: list[RelaxationChangeResponse]


class PlanResponse(BaseModel):
    """The plan. No plan can be worth more than `bound`; `gap` is the relative difference to it."""

    possible: Literal[True] = True
    finished: bool = Field(
        description="false: the search was stopped, this is the best plan until then"
    )
    cost: Decimal
    unspent: Decimal = Field(description="the rest of the budget")
    limited_by: list[BindingLimitResponse] = Field(
        description="the limits that keep the plan from buying more positions; empty: none are left"
    )
    currency: str
    impressions: Range
    reach: Range
    frequency: float
    value: float
    unit: str
    bound: float
    gap: float
    minimums: list[PlanMinimumResponse]
    lines: list[PlanLineResponse]
    shadow_prices: list[ShadowPriceResponse]
    left_out: list[OmittedLocation] = Field(
        default=[], description="locations without a forecast, and the reason"
    )
    slots_considered: int
    formula: str = Field(default=FORMULA)
    assumptions: list[str] = list(ASSUMPTIONS)


class InfeasibleResponse(BaseModel):
    """No plan exists; each relaxation alone makes one possible, the smallest change first."""

    possible: Literal[False] = False
    sentence: str
    relaxations: list[RelaxationResponse]
    left_out: list[OmittedLocation] = Field(
        default=[], description="locations without a forecast, and the reason"
    )
    slots_considered: int
    assumptions: list[str] = list(ASSUMPTIONS)


class ForecastUsed(BaseModel):
    """The forecast of one location that was used."""

    location: str = Field(examples=["KX-01"])
    forecast: str = Field(examples=["recent-2"])
    made_at: datetime


class PlanVersions(BaseModel):
    """The versions of the data that an answer is based on."""

    rate_card: str = Field(examples=["reference-3"])
    rate_card_digest: str = Field(examples=["9f0c2ab1d4e6"])
    forecasts: list[ForecastUsed]


def plan_response(
    found: Outcome, brief: Brief, on_sale: PlanOffer
) -> PlanResponse | InfeasibleResponse:
    """The outcome of a search as the API writes it."""
    slots = len(on_sale.offer)
    if isinstance(found, Infeasible):
        relaxations = [_relaxation(one) for one in found.relaxations]
        answer: PlanResponse | InfeasibleResponse = InfeasibleResponse(
            sentence=found.sentence, relaxations=relaxations, slots_considered=slots
        )
    else:
        answer = _feasible(found, brief, slots)
    answer.left_out = list(on_sale.left_out)
    return answer


def _feasible(found: MediaPlan, brief: Brief, slots: int) -> PlanResponse:
    return PlanResponse(
        finished=found.finished,
        cost=major(found.cost_minor, brief.currency),
        unspent=major(found.unspent_minor, brief.currency),
        limited_by=[
            BindingLimitResponse(limit=one.limit, slots=one.slots, sentence=one.sentence)
            for one in found.limited_by
        ],
        currency=brief.currency,
        impressions=range_of(found.impressions, 1),
        reach=range_of(found.reach, 1),
        frequency=round(found.frequency, 3),
        value=found.value,
        unit=found.unit,
        bound=found.bound,
        gap=found.gap,
        minimums=[
            PlanMinimumResponse(
                group=met.minimum.group.name,
                measure=met.minimum.measure,
                min=met.minimum.least,
                achieved=met.achieved,
            )
            for met in found.minimums
        ],
        lines=[
            PlanLineResponse(
                location=line.location,
                time_slot=line.key.partition("/")[2],
                positions=line.positions,
                cost=major(line.cost_minor, brief.currency),
                impressions=round(line.contacts.p50, 3),
                impressions_range=range_of(line.contacts, 3),
            )
            for line in found.lines
        ],
        shadow_prices=[
            ShadowPriceResponse(
                limit=one.limit.kind, about=one.about, worth=one.worth, sentence=one.sentence
            )
            for one in found.shadow_prices
        ],
        slots_considered=slots,
    )


def _relaxation(relaxation: Relaxation) -> RelaxationResponse:
    return RelaxationResponse(
        sentence=relaxation.sentence,
        proven=relaxation.proven,
        changes=[
            RelaxationChangeResponse(
                limit=change.limit.kind,
                name=change.limit.name,
                asked=change.limit.size,
                to=change.to,
                unit=change.limit.unit,
            )
            for change in relaxation.changes
        ],
    )
