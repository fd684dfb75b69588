"""What-ifs of retail prices: what is asked, and what is answered."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from cloud.api.overrides import PLAIN
from cloud.api.retail.curves import RetailCurve
from cloud.api.retail.models import RecommendationResponse, RetailRulesRef, RetailWeek
from cloud.pricing.retail.rules import Rule
from cloud.sales.retail.scenarios import LONGEST_NAME

MAX_STORES: Final = 1_000
Price = Annotated[Decimal, Field(gt=0, le=10**9, max_digits=15, examples=["2.10"])]
Change = Annotated[Decimal, Field(gt=-1, le=10, max_digits=8, examples=["0.05"])]
Store = Annotated[str, Field(min_length=1, max_length=63, examples=["s-001"])]


class ScenarioQuestion(BaseModel):
    """What is other than it is; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid")

    product: str = Field(min_length=1, max_length=63, examples=["juice-1"])
    stores: list[Store] | None = Field(
        default=None, min_length=1, max_length=MAX_STORES, description="null: every store"
    )
    price: Price | None = Field(
        default=None, examples=["3.29"], description="a price to examine beside the recommended one"
    )
    cost: Price | None = Field(default=None)
    cost_change: Change | None = Field(default=None, description="0.05: costs rise by 5 %")
    competitor_price: Price | None = Field(default=None, examples=["3.19"])
    competitor_price_change: Change | None = Field(default=None, examples=["-0.1"])
    stock: int | None = Field(default=None, ge=0, le=10**9)
    rules: dict[str, Any] | None = Field(
        default=None,
        examples=[{"minimum_margin": 0.05, "maximum_move": None}],
        description="values in place of those of the rule set; null switches a rule off",
    )


class ScenarioRequest(ScenarioQuestion):
    """A what-if to save under a name."""

    name: str = Field(
        min_length=1, max_length=LONGEST_NAME, pattern=PLAIN, examples=["costs 5 % up"]
    )


class ExaminedPrice(BaseModel):
    """The price of the question in one store."""

    price: Decimal = Field(examples=["3.29"])
    breaks: list[Rule]
    expected: RetailWeek | None


class ScenarioStore(BaseModel):
    """One store as it is, and under the what-if."""

    store: str = Field(examples=["s-001"])
    price_now: Decimal = Field(examples=["3.39"], description="recommended as things are")
    expected_now: RetailWeek | None
    scenario: RecommendationResponse
    examined: ExaminedPrice | None = Field(description="null: the question has no price")


class ScenarioTotals(BaseModel):
    """Sums over the stores with an estimate."""

    current: RetailWeek | None = Field(description="at the current prices, as things are")
    recommended: RetailWeek | None = Field(description="at the recommended prices, as things are")
    scenario: RetailWeek | None = Field(description="recommended under the what-if")
    examined: RetailWeek | None = Field(description="at the price of the question")


class ScenarioAnswer(BaseModel):
    """What the what-if leads to."""

    product: str = Field(examples=["juice-1"])
    currency: str = Field(examples=["GBP"])
    stores: list[ScenarioStore]
    missing_stores: list[str] = Field(description="stores of the question without a recent price")
    totals: ScenarioTotals
    curve: RetailCurve = Field(description="under the what-if")
    rules: RetailRulesRef
    computed_at: datetime


class SavedScenarioSummary(BaseModel):
    """A saved what-if without its answer."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    name: str = Field(examples=["costs 5 % up"])
    question: ScenarioQuestion
    created_by: str
    created_at: datetime


class SavedScenarioResponse(SavedScenarioSummary):
    """A saved what-if with the answer of the moment of saving."""

    answer: ScenarioAnswer


class SavedScenariosResponse(BaseModel):
    """One page, the latest first."""

    scenarios: list[SavedScenarioSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")
