"""Recommendations as the API writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from cloud.api.retail.models import (
    AmountRange,
    RecommendationResponse,
    RetailAlternative,
    RetailBindingRule,
    RetailConflict,
    RetailCurrentPrice,
    RetailEvidence,
    RetailReason,
    RetailRulesRef,
    RetailWeek,
    UnitsRange,
)
from cloud.app.retail.price_inputs import CurrentPrice, PriceInputs
from cloud.app.retail.rules_in_force import RulesInForce
from cloud.forecast.retail.estimates import DemandEstimate
from cloud.money import major
from cloud.pricing.retail.row_view import (
    Alternative,
    ExpectedFigure,
    ExpectedWeek,
    Recommendation,
)

DIGITS: Final = 4


def describe_recommendation(
    found: Recommendation, inputs: PriceInputs, rules: RulesInForce, now: datetime
) -> RecommendationResponse:
    """A recommendation with the age of what it is computed from."""
    currency = found.currency
    return RecommendationResponse(
        product=found.product,
        store=found.store,
        currency=currency,
        outcome=found.outcome,
        price=major(found.price_minor, currency),
        price_minor=found.price_minor,
        price_low=major_or_none(found.low_minor, currency),
        price_high=major_or_none(found.high_minor, currency),
        confidence=None if found.confidence is None else round(found.confidence, DIGITS),
        current=_describe_current(inputs.current, currency, now),
        demand=None if inputs.estimate is None else describe_estimate(inputs.estimate, now),
        binding_rules=[
            RetailBindingRule(
                rule=one.rule,
                found=major(one.found_minor, currency),
                limit=major(one.limit_minor, currency),
            )
            for one in found.binding
        ],
        conflicts=[
            RetailConflict(
                rule=one.rule,
                least=major_or_none(one.least_minor, currency),
                most=major_or_none(one.most_minor, currency),
            )
            for one in found.conflicts
        ],
        expected=describe_week(found.expected, currency),
        alternatives=[_describe_alternative(one, currency) for one in found.alternatives],
        reasons=[RetailReason(code=one.code, sentence=one.sentence) for one in found.reasons],
        rules=describe_rules(rules),
        computed_at=now,
    )


def describe_estimate(estimate: DemandEstimate, now: datetime) -> RetailEvidence:
    """An estimate of demand with its age."""
    share = estimate.stockpiling_share
    return RetailEvidence(
        evidence=estimate.evidence,
        elasticity=round(estimate.elasticity, DIGITS),
        elasticity_low=round(estimate.elasticity_low, DIGITS),
        elasticity_high=round(estimate.elasticity_high, DIGITS),
        standard_error=round(estimate.standard_error, DIGITS),
        stockpiling_share=None if share is None else round(share, DIGITS),
        model_version=estimate.model_version,
        as_of=estimate.as_of,
        age_days=(now.date() - estimate.as_of).days,
    )


def describe_rules(rules: RulesInForce) -> RetailRulesRef:
    """Which rule set it is."""
    return RetailRulesRef(
        version=rules.rules.version, digest=rules.rules.digest, valid_from=rules.from_at
    )


def describe_week(week: ExpectedWeek | None, currency: str) -> RetailWeek | None:
    """What a week is expected to bring, in the currency's decimals."""
    if week is None:
        return None
    margin = week.margin_minor
    return RetailWeek(
        units=UnitsRange(
            value=round(week.units.value, 2),
            low=round(week.units.low, 2),
            high=round(week.units.high, 2),
        ),
        revenue=_describe_amounts(week.revenue_minor, currency),
        margin=None if margin is None else _describe_amounts(margin, currency),
    )


def major_or_none(amount_minor: int | None, currency: str) -> Decimal | None:
    """An amount in the currency's decimals; None stays None."""
    return None if amount_minor is None else major(amount_minor, currency)


def _describe_current(current: CurrentPrice, currency: str, now: datetime) -> RetailCurrentPrice:
    return RetailCurrentPrice(
        price=major(current.price_minor, currency),
        price_minor=current.price_minor,
        source=current.source,
        at=current.at,
        age_s=int((now - current.at).total_seconds()),
        promotion=current.promotion,
    )


def _describe_alternative(one: Alternative, currency: str) -> RetailAlternative:
    return RetailAlternative(
        kind=one.kind,
        price=major(one.price_minor, currency),
        price_minor=one.price_minor,
        breaks=list(one.breaks),
        expected=describe_week(one.expected, currency),
    )


def _describe_amounts(figure: ExpectedFigure, currency: str) -> AmountRange:
    return AmountRange(
        value=major(round(figure.value), currency),
        low=major(round(figure.low), currency),
        high=major(round(figure.high), currency),
    )
