"""The answers about recommended retail prices.

Amounts are decimal strings in the currency of the store; what is not known is null, never zero.
"""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from cloud.app.retail.price_inputs import CurrentSource
from cloud.forecast.retail.estimates import Evidence
from cloud.pricing.retail.alternatives import AlternativeKind
from cloud.pricing.retail.reasons import ReasonCode
from cloud.pricing.retail.recommendation import Outcome
from cloud.pricing.retail.rules import Rule


class UnitsRange(BaseModel):
    """Units of a week, with the interval over the range of elasticities."""

    value: float = Field(examples=[112.4])
    low: float = Field(examples=[109.8])
    high: float = Field(examples=[115.1])


class AmountRange(BaseModel):
    """An amount of a week, with the interval over the range of elasticities."""

    value: Decimal = Field(examples=["374.29"])
    low: Decimal = Field(examples=["365.63"])
    high: Decimal = Field(examples=["383.28"])


class RetailWeek(BaseModel):
    """What one week is expected to bring."""

    units: UnitsRange
    revenue: AmountRange
    margin: AmountRange | None = Field(description="null: the cost is not known")


class RetailBindingRule(BaseModel):
    """A rule that changes the price."""

    rule: Rule
    found: Decimal = Field(examples=["3.33"], description="the price before the rule")
    limit: Decimal = Field(examples=["3.64"], description="what the rule allows")


class RetailConflict(BaseModel):
    """A rule that excludes another one."""

    rule: Rule
    least: Decimal | None = Field(examples=["4.86"], description="null: no lowest price")
    most: Decimal | None = Field(examples=["4.01"], description="null: no highest price")


class RetailAlternative(BaseModel):
    """Another price."""

    kind: AlternativeKind
    price: Decimal = Field(examples=["3.19"])
    price_minor: int = Field(examples=[319])
    breaks: list[Rule] = Field(description="rules that the price breaks")
    expected: RetailWeek | None


class RetailReason(BaseModel):
    """Why: a code for programs and a sentence for people."""

    code: ReasonCode
    sentence: str = Field(examples=["The minimum margin needs at least 3.64 GBP; ..."])


class RetailCurrentPrice(BaseModel):
    """The current price, and how old the knowledge of it is."""

    price: Decimal = Field(examples=["3.49"])
    price_minor: int = Field(examples=[349])
    source: CurrentSource = Field(
        description="`list_price`: a deal or a feature is on, and the price returns to this one"
    )
    at: datetime = Field(description="of the price point, or of the activation")
    age_s: int = Field(examples=[3600])
    promotion: str | None = Field(description="of the newest price point")


class RetailEvidence(BaseModel):
    """The estimate of demand that the recommendation follows."""

    evidence: Evidence
    elasticity: float = Field(examples=[-2.48])
    elasticity_low: float = Field(examples=[-2.99])
    elasticity_high: float = Field(examples=[-2.09])
    standard_error: float = Field(examples=[0.053])
    stockpiling_share: float | None = Field(
        examples=[0.19], description="of the response to a price cut that is bought ahead"
    )
    model_version: str = Field(examples=["shrunk-1"])
    as_of: date = Field(examples=["2030-01-06"])
    age_days: int = Field(examples=[1])


class RetailRulesRef(BaseModel):
    """The rule set of an answer."""

    version: str = Field(examples=["reference-1"])
    digest: str = Field(examples=["9f0c2ab1d4e6"])
    valid_from: datetime | None = Field(description="null: the reference rules of the program")


class RecommendationResponse(BaseModel):
    """The recommended price of a product in a store."""

    product: str = Field(examples=["juice-1"])
    store: str = Field(examples=["s-001"])
    currency: str = Field(examples=["GBP"])
    outcome: Outcome = Field(description="`no_allowed_price`: the rules conflict, the price stays")
    price: Decimal = Field(examples=["3.39"], description="the recommended price")
    price_minor: int = Field(examples=[339])
    price_low: Decimal | None = Field(
        examples=["3.09"],
        description="with `price_high`: what the ends of the elasticity's range lead to; null "
        "where the price does not follow the demand",
    )
    price_high: Decimal | None = Field(examples=["3.79"])
    confidence: float | None = Field(
        examples=[0.93],
        description="probability over the elasticity that the price is worth at least as much as "
        "the current one (a kept price: as its neighbours; a clearance: that the stock sells)",
    )
    current: RetailCurrentPrice
    demand: RetailEvidence | None = Field(description="null: there is no estimate, the price stays")
    binding_rules: list[RetailBindingRule]
    conflicts: list[RetailConflict]
    expected: RetailWeek | None = Field(description="null: there is no estimate")
    alternatives: list[RetailAlternative]
    reasons: list[RetailReason]
    rules: RetailRulesRef
    computed_at: datetime
