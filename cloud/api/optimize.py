"""`POST /api/pricing/optimize`: the best plan for a budget, with a certificate, or what to ease.

The answer is 200 either way: that no plan can be is a finding, with its reasons, not an error. The
search runs in a process of its own and is ended when its time is over; the best plan found until
then is the answer, marked as not finished. One search at a time, the others wait in line.
"""

import asyncio
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.access import opened_to
from cloud.api.desk import Desk
from cloud.api.keys import Role
from cloud.api.locations import pounds
from cloud.api.offers import offer
from cloud.api.pricing import Range
from cloud.api.problem import REFUSALS, documented
from cloud.forecast.interval import Interval
from cloud.pricing.optimise.brief import Brief, Caps, Daypart, Group, Minimum, Objective
from wire.audience import AgeGroup, Gender

if TYPE_CHECKING:
    from cloud.pricing.optimise.plan import Impossible, Plan

WITHIN_S: Final = 25.0
IN_LINE: Final = 8

router = APIRouter(tags=["pricing"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])


class LineBusy(RuntimeError):  # noqa: N818 - reads as what happened
    """Too many searches wait already."""


class NoPlanInTime(RuntimeError):  # noqa: N818 - reads as what happened
    """The search was ended before it had any plan."""


class Line:
    """One search at a time, a few waiting, the next sent away."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._inside = 0

    async def __aenter__(self) -> None:
        if self._inside > IN_LINE:
            raise LineBusy("too many plans are being worked out: ask again in a minute")
        self._inside += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()
        self._inside -= 1


class Asked(BaseModel):
    """A part of a request: no field that is not known here, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class AskedDaypart(Asked):
    """Local hours from `from_hour` to before `to_hour`; Monday is 0."""

    from_hour: int = Field(ge=0, le=23, examples=[7])
    to_hour: int = Field(ge=0, le=24, examples=[10])
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        default=[0, 1, 2, 3, 4, 5, 6], min_length=1, max_length=7
    )

    def brief(self) -> Daypart:
        """As the optimiser reads it."""
        return Daypart(self.from_hour, self.to_hour, frozenset(self.weekdays))


class AskedGroup(Asked):
    """People by age and gender; nothing named means everybody."""

    ages: list[AgeGroup] = Field(default=[], max_length=8, examples=[["25-34", "35-44"]])
    genders: list[Gender] = Field(default=[], max_length=3)

    def brief(self) -> Group:
        """As the optimiser reads it."""
        return Group(frozenset(self.ages), frozenset(self.genders))


class AskedMinimum(Asked):
    """So many impressions of a group, or different people of it, at the least."""

    group: AskedGroup = AskedGroup()
    measure: Literal["impressions", "reach"]
    least: float = Field(gt=0, le=1e12)


class AskedCaps(Asked):
    """The most of something; a slot bought in two shares counts twice."""

    slots: int | None = Field(default=None, ge=1, le=10**9)
    slots_per_location: int | None = Field(default=None, ge=1, le=10**9)
    slots_per_day: int | None = Field(default=None, ge=1, le=10**9)
    spend_per_location: Decimal | None = Field(default=None, gt=0, le=10**10, decimal_places=2)
    shares_per_slot: int = Field(default=1, ge=1, le=3600)

    def brief(self) -> Caps:
        """As the optimiser reads it."""
        spend = self.spend_per_location
        return Caps(
            slots=self.slots,
            slots_per_location=self.slots_per_location,
            slots_per_day=self.slots_per_day,
            spend_per_location_pence=None if spend is None else int(spend * 100),
            shares_per_slot=self.shares_per_slot,
        )


class AskedPlan(Asked):
    """A brief: what to spend, when, where, on whom. Days are local, `until` is not included."""

    budget: Decimal = Field(gt=0, le=10**10, decimal_places=2, examples=["2500.00"])
    currency: str = Field(default="GBP", pattern="^[A-Z]{3}$")
    first_on: date = Field(alias="from", examples=["2026-11-23"])
    until_on: date = Field(alias="until", examples=["2026-11-30"])
    dayparts: list[AskedDaypart] = Field(default=[], max_length=20)
    locations: list[str] = Field(default=[], max_length=1000)
    venues: list[str] = Field(default=[], max_length=100)
    target: AskedGroup = AskedGroup()
    caps: AskedCaps = AskedCaps()
    minimums: list[AskedMinimum] = Field(default=[], max_length=20)
    objective: Objective = Objective.ATTENTIVE
    value_per_impression: Decimal | None = Field(default=None, gt=0, le=10**6)
    least_return: float = Field(default=0.0, ge=0, le=1000)

    def brief(self) -> Brief:
        """As the optimiser reads it; raises BriefError."""
        value = self.value_per_impression
        return Brief(
            budget_pence=int(self.budget * 100),
            currency=self.currency,
            first_on=self.first_on,
            until_on=self.until_on,
            dayparts=tuple(part.brief() for part in self.dayparts),
            locations=frozenset(self.locations),
            venues=frozenset(self.venues),
            target=self.target.brief(),
            caps=self.caps.brief(),
            minimums=tuple(
                Minimum(one.group.brief(), one.measure, one.least) for one in self.minimums
            ),
            objective=self.objective,
            value_pence=None if value is None else float(value * 100),
            least_return=self.least_return,
        )


class LineAnswer(BaseModel):
    """Shares of one slot."""

    location: str = Field(examples=["KX-01"])
    time_slot: str = Field(examples=["2026-11-23T08:00:00+00:00"])
    shares: int
    cost: Decimal
    impressions: float = Field(description="attentive impressions of the target, expected")


class ShadowAnswer(BaseModel):
    """What one more unit of a limit would add."""

    about: str
    worth: float
    sentence: str


class EasingAnswer(BaseModel):
    """A change that would make the brief possible; proven by a plan, or only estimated."""

    sentence: str
    proven: bool


class PlanAnswer(BaseModel):
    """The plan: no plan can be worth more than `bound`, `gap` is how far this one stays below."""

    possible: Literal[True] = True
    finished: bool
    cost: Decimal
    currency: str
    impressions: Range
    reach: Range
    frequency: float
    value: float
    unit: str
    bound: float
    gap: float
    lines: list[LineAnswer]
    shadow_prices: list[ShadowAnswer]


class ImpossibleAnswer(BaseModel):
    """There is no such plan; each easing alone would make one possible, smallest change first."""

    possible: Literal[False] = False
    sentence: str
    easings: list[EasingAnswer]


@router.post("/api/pricing/optimize", responses=documented(*REFUSALS, 404, 413, 422, 500, 503))
async def optimize(request: Request, asked: AskedPlan) -> PlanAnswer | ImpossibleAnswer:
    """Choose the slots that make the most of a budget, and prove how good the choice is."""
    desk: Desk = request.app.state.desk
    line: Line = request.app.state.line
    brief = asked.brief()
    for name in brief.locations:
        desk.estate.location(name)
    async with line:
        return await run_in_threadpool(_searched, desk, brief)


def _searched(desk: Desk, brief: Brief) -> PlanAnswer | ImpossibleAnswer:
    # The solver is loaded when somebody first asks for a plan: it is most of the start otherwise.
    from cloud.pricing.optimise.apart import SearchStopped, optimise_apart
    from cloud.pricing.optimise.plan import Impossible

    try:
        found = optimise_apart(brief, offer(desk, brief), within_s=WITHIN_S)
    except SearchStopped as error:
        raise NoPlanInTime(str(error)) from error
    if isinstance(found, Impossible):
        return _impossible(found)
    return _plan(found, brief)


def _impossible(found: "Impossible") -> ImpossibleAnswer:
    return ImpossibleAnswer(
        sentence=found.sentence,
        easings=[EasingAnswer(sentence=one.sentence, proven=one.proven) for one in found.easings],
    )


def _plan(found: "Plan", brief: Brief) -> PlanAnswer:
    return PlanAnswer(
        finished=found.finished,
        cost=pounds(found.cost_pence),
        currency=brief.currency,
        impressions=_range(found.impressions),
        reach=_range(found.reach),
        frequency=round(found.frequency, 3),
        value=found.value,
        unit=found.unit,
        bound=found.bound,
        gap=found.gap,
        lines=[
            LineAnswer(
                location=line.location,
                time_slot=line.key.partition("/")[2],
                shares=line.shares,
                cost=pounds(line.cost_pence),
                impressions=round(line.contacts, 3),
            )
            for line in found.lines
        ],
        shadow_prices=[
            ShadowAnswer(about=one.about, worth=one.worth, sentence=one.sentence)
            for one in found.shadow_prices
        ],
    )


def _range(interval: Interval) -> Range:
    return Range(p10=round(interval.p10, 1), p50=round(interval.p50, 1), p90=round(interval.p90, 1))
