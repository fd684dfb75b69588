"""A quote: base rate x factors, rounded once to minor units.

The same inputs always give the same price: nothing here reads a clock, a file or a database. A rule
that changes the price is a factor too, so the factors always multiply to the price.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from cloud.forecast.forecaster import HourForecast
from cloud.pricing.factors import Factor, compute_base_factors
from cloud.pricing.market import UNKNOWN_MARKET, Market
from cloud.pricing.rate_card import RateCard
from cloud.pricing.rules import TWELVE_DIGITS, RuleTerms, apply_rules, round_minor
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site


class QuoteError(ValueError):
    """A price that is not the product of its factors."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one loop position in one slot, and what it consists of.

    `price_p10_minor` and `price_p90_minor` are the prices at P10 and P90 of the attention.
    """

    slot: Slot
    base_rate_minor: int
    factors: tuple[Factor, ...]
    price_minor: int
    price_p10_minor: int
    price_p90_minor: int
    currency: str
    rate_card: str

    def __post_init__(self) -> None:
        explained = round_minor(_product(self.base_rate_minor, self.factors))
        if explained != self.price_minor:
            raise QuoteError(
                f"factors come to {explained} minor units, the price is {self.price_minor}"
            )


def quote(
    site: Site, slot: Slot, expected: HourForecast, card: RateCard, market: Market = UNKNOWN_MARKET
) -> Quote:
    """Price a slot of `site` on its expected attention.

    An hour that was never observed there is priced at the base rate; its range is that of the
    estimate, widened to hold the price.
    """
    made_of = compute_factors(
        site, slot, expected.attention_s.p50, card, market, unobserved=expected.unobserved
    )
    price = round_minor(_product(site.base_rate_minor, made_of))
    low, high = (
        round_minor(
            _product(site.base_rate_minor, compute_factors(site, slot, attention_s, card, market))
        )
        for attention_s in (expected.attention_s.p10, expected.attention_s.p90)
    )
    return Quote(
        slot=slot,
        base_rate_minor=site.base_rate_minor,
        factors=made_of,
        price_minor=price,
        price_p10_minor=min(low, price),
        price_p90_minor=max(high, price),
        currency=site.currency,
        rate_card=card.version,
    )


def hide_reasons(quoted: Quote, *, is_deal: bool) -> Quote:
    """An overridden price for those who may not see the computed price.

    One factor replaces all, since the others multiply to the computed price.
    """
    value = TWELVE_DIGITS.divide(Decimal(quoted.price_minor), Decimal(quoted.base_rate_minor))
    reason = "the price agreed with your account" if is_deal else "the price set for this hour"
    return replace(quoted, factors=(Factor("set price", value, reason),))


def compute_factors(
    site: Site,
    slot: Slot,
    attention_s: float,
    card: RateCard,
    market: Market = UNKNOWN_MARKET,
    *,
    unobserved: bool = False,
) -> tuple[Factor, ...]:
    """Every factor of the price, the rules last and only where they apply."""
    made_of = compute_base_factors(site, slot, attention_s, card, unobserved=unobserved)
    amount = _product(site.base_rate_minor, made_of)
    terms = RuleTerms(site.base_rate_minor, site.currency, card, market)
    return made_of + tuple(apply_rules(amount, terms))


def _product(base: int, made_of: tuple[Factor, ...]) -> Decimal:
    return math.prod((factor.value for factor in made_of), start=Decimal(base))
