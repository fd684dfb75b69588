"""Recommendations and rule checks for the tests of retail prices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.sales.retail.decisions import PriceDecision, decide, propose
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.recommendation_store import RecommendationState, StoredRecommendation
from cloud.sales.retail.rule_check import PriceCandidate

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = PriceKey("orange-1l", "S-01")
ACCEPT = PriceDecision(state=RecommendationState.ACCEPTED)


def allow_all(
    connection: Connection, candidates: Sequence[PriceCandidate]
) -> Mapping[PriceCandidate, str]:
    return {}


class FloorCheck:
    """Refuses prices below a floor that a test may raise."""

    def __init__(self, floor_minor: int = 0) -> None:
        self.floor_minor = floor_minor

    def __call__(
        self, connection: Connection, candidates: Sequence[PriceCandidate]
    ) -> Mapping[PriceCandidate, str]:
        return {
            one: f"{one.price_minor} is below the cost {self.floor_minor}"
            for one in candidates
            if one.price_minor < self.floor_minor
        }


def new_recommendation(name: str = "r1", **more: Any) -> StoredRecommendation:
    values: dict[str, Any] = {
        "id": name, "batch": "b1", "product": KEY.product, "store": KEY.store, "region": "north",
        "category": "juice/orange", "currency": "USD", "current_minor": 399, "price_minor": 379,
        "margin_change_minor": 1_250, "evidence": "{}", "proposed_by": "nightly",
        "proposed_at": NOON, "valid_until": NOON + timedelta(days=1), **more,
    }  # fmt: skip
    return StoredRecommendation(**values)


def accept(connection: Connection, name: str, price_minor: int, at: datetime, check: Any) -> str:
    """Propose a price, accept it at once; returns the id of the approved price."""
    proposed = new_recommendation(name, batch=f"b-{name}", price_minor=price_minor, proposed_at=at,
                                  valid_until=at + timedelta(days=1))  # fmt: skip
    propose(connection, [proposed], by="nightly", now=at)
    result = decide(connection, name, ACCEPT, check, by="ann", now=at, batch=f"d-{name}")
    return result.activation.active[0].id
