"""Documents of approved prices, recommendations and decisions; amounts are minor units."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator

from cloud.sales.retail.prices import ApprovedPrice, PriceLayer, PriceSource, PriceState
from cloud.sales.retail.recommendation_store import RecommendationState, StoredRecommendation

PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
"""One line that does not begin with a space."""
MAX_MINOR: Final = 10**12
Code = Annotated[str, Field(min_length=1, max_length=63, pattern=PLAIN)]
CodeFilter = Annotated[str | None, Query(min_length=1, max_length=63, pattern=PLAIN)]
CategoryFilter = Annotated[
    str | None, Query(max_length=120, pattern=PLAIN, description="with those below it")
]
ReasonText = Annotated[str, Field(min_length=3, max_length=200, pattern=PLAIN)]
ID_PATTERN: Final = r"^[0-9a-f]{32}$"
PriceMinor = Annotated[int, Field(ge=1, le=MAX_MINOR, examples=[379])]


class StrictModel(BaseModel):
    """A request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ApprovedPriceResponse(BaseModel):
    """An approved price of a product in a store."""

    id: str
    product: str = Field(examples=["orange-1l"])
    store: str = Field(examples=["S-01"])
    price_minor: int = Field(examples=[379])
    currency: str = Field(examples=["GBP"])
    starts_at: datetime
    ends_at: datetime | None = Field(description="null: until another price replaces it")
    layer: PriceLayer
    source: PriceSource
    state: PriceState
    recommendation: str | None
    experiment: str | None
    batch: str
    rolls_back: str | None
    reason: str | None
    approved_by: str
    approved_at: datetime
    activated_at: datetime | None
    state_reason: str | None


class QueueFigure(BaseModel):
    """A figure of a week, with its interval over the range of elasticities."""

    value: float
    low: float
    high: float


class QueueWeek(BaseModel):
    """What one week was expected to bring; amounts are minor units."""

    units: QueueFigure
    revenue_minor: QueueFigure
    margin_minor: QueueFigure | None


class QueueRule(BaseModel):
    """A rule that changed the price."""

    rule: str = Field(examples=["maximum_move"])
    found_minor: int
    limit_minor: int


class QueueReason(BaseModel):
    """Why: a code for programs and a sentence for people."""

    code: str = Field(examples=["best_price"])
    sentence: str


class QueueAlternative(BaseModel):
    """Another price, and the rules that it breaks."""

    kind: str = Field(examples=["keep"])
    price_minor: int
    breaks: list[str]
    expected: QueueWeek | None


class QueueEvidence(BaseModel):
    """What a recommendation was explained with when it was proposed."""

    low_minor: int | None = None
    high_minor: int | None = None
    confidence: float | None = None
    binding: list[QueueRule] = []
    expected: QueueWeek | None = None
    alternatives: list[QueueAlternative] = []
    reasons: list[QueueReason] = []
    note: str | None = Field(None, description="of a price that a person proposed")


class QueuedRecommendation(BaseModel):
    """A recommended price, why, and what was decided."""

    id: str
    batch: str
    product: str = Field(examples=["orange-1l"])
    store: str = Field(examples=["S-01"])
    region: str = Field(examples=["north"])
    category: str = Field(examples=["juice/orange"])
    currency: str = Field(examples=["GBP"])
    current_minor: int = Field(examples=[399])
    price_minor: int = Field(examples=[379])
    margin_change_minor: int | None = Field(
        description="expected in a week against the current price; null: not estimated"
    )
    evidence: QueueEvidence
    proposed_by: str
    proposed_at: datetime
    valid_until: datetime
    state: RecommendationState
    decided_by: str | None
    decided_at: datetime | None
    decided_minor: int | None
    reason: str | None


class RecommendationsPage(BaseModel):
    """A page of recommendations, the latest first, and how many are in each state."""

    recommendations: list[QueuedRecommendation]
    counts: dict[RecommendationState, int] = Field(description="of the same filter")
    next: str | None = Field(description="`after` of the next page; null on the last")


class QueuePricesRequest(StrictModel):
    """Which prices to recommend now; without a filter all with a recent price point.

    With `price_minor`, a price that a person has chosen is queued instead: product, store and
    reason are required then.
    """

    product: Code | None = None
    store: Code | None = None
    region: Code | None = None
    price_minor: PriceMinor | None = Field(None, description="chosen by hand")
    reason: ReasonText | None = Field(None, description="why this price, where one is chosen")

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if self.price_minor is None:
            if self.reason is not None:
                raise ValueError("`reason` belongs to a chosen price: give `price_minor`")
        elif None in (self.product, self.store, self.reason) or self.region is not None:
            raise ValueError("a chosen price needs `product`, `store` and `reason`, no `region`")
        return self


class QueuePricesResponse(BaseModel):
    """What was proposed."""

    batch: str | None = Field(description="null: nothing is to change")
    proposed: int
    kept: int = Field(description="prices that stay as they are")


class PriceDecisionRequest(StrictModel):
    """Accept, change or reject; an accepted or changed price starts at once or at a time."""

    decision: Literal["accept", "change", "reject"]
    price_minor: PriceMinor | None = Field(None, description="of a change")
    reason: ReasonText | None = Field(None, description="required for a change and a rejection")
    starts_at: AwareDatetime | None = Field(None, description="null: at once")
    starts_local: NaiveDatetime | None = Field(
        None, description="the same in the local time of the store", examples=["2030-01-07T06:00"]
    )


class BulkDecision(PriceDecisionRequest):
    """The decision on one recommendation of several."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]


class BulkRequest(StrictModel):
    """Decisions; each succeeds or is refused by itself."""

    decisions: list[BulkDecision] = Field(min_length=1, max_length=200)


class PriceDecisionResponse(BaseModel):
    """The recommendation after the decision, and its price."""

    recommendation: QueuedRecommendation
    price: ApprovedPriceResponse | None = Field(description="null: rejected")


class BulkResult(BaseModel):
    """What became of one decision."""

    id: str
    done: bool
    result: PriceDecisionResponse | None
    refusal: str | None = Field(description="why it was refused")


class BulkResponse(BaseModel):
    """The result of each decision, in their order."""

    results: list[BulkResult]


def describe_price(price: ApprovedPrice) -> ApprovedPriceResponse:
    """An approved price as a document."""
    values = {name: getattr(price, name) for name in ApprovedPriceResponse.model_fields}
    return ApprovedPriceResponse(**values)


def describe_recommendation(one: StoredRecommendation, now: datetime) -> QueuedRecommendation:
    """A recommendation as a document, in its state at a moment."""
    names = QueuedRecommendation.model_fields.keys() - {"state", "evidence"}
    values = {name: getattr(one, name) for name in names}
    evidence = QueueEvidence.model_validate_json(one.evidence)
    return QueuedRecommendation(**values, state=one.state_at(now), evidence=evidence)
