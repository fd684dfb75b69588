"""The check of prices against the hard rules, which approval and activation both make.

The rules are those of `cloud.pricing.retail.rules`; the caller passes the check, because cost,
floors and the present rules are read outside this package.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from cloud.sales.retail.prices import PriceKey


@dataclass(frozen=True, slots=True)
class PriceCandidate:
    """A price that is to be put into force."""

    key: PriceKey
    price_minor: int
    currency: str


class RuleCheck(Protocol):
    """Names the hard rules that a price breaks now."""

    def __call__(
        self, connection: Connection, candidates: Sequence[PriceCandidate]
    ) -> Mapping[PriceCandidate, str]:
        """A sentence for each candidate that breaks a rule; the others are missing."""


class RuleBrokenError(ValueError):
    """A price that a hard rule does not allow."""
