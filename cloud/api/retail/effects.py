"""`GET /api/retail/effects`: what decisions on prices brought, by category and region."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.analytics.retail.price_effects import (
    LONGEST,
    GroupEffects,
    MissingEffect,
    read_effect_report,
)
from cloud.api.audience import RangeError
from cloud.api.retail.prices import READ
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import RETAIL_ROLES, allow_roles

USUAL_DAYS: Final = 28

router = APIRouter(tags=["retail prices"], dependencies=[allow_roles(*RETAIL_ROLES)])


class AcceptanceResponse(BaseModel):
    """The share of decisions that accepted the recommended price as it was."""

    accepted: int
    changed: int
    rejected: int
    share: float | None = Field(description="null: nothing was decided")
    low: float | None = Field(description="null: on fewer than three days")
    high: float | None


class MarginEffectResponse(BaseModel):
    """The change of margin against stores that kept the price."""

    per_day_minor: float = Field(description="of a product in a store")
    total_minor: float
    low_minor: float | None = Field(description="null: fewer than three stores")
    high_minor: float | None
    stores: int
    prices: int


class GroupEffectsResponse(BaseModel):
    """One group; amounts are minor units of the base currency."""

    name: str = Field(examples=["juice/orange"], description="empty: everything")
    revenue_minor: int | None = Field(description="null: nothing was observed")
    margin_minor: int | None
    acceptance: AcceptanceResponse
    effect: MarginEffectResponse | None
    missing: MissingEffect | None = Field(description="why there is no effect")


class EffectsResponse(BaseModel):
    """The effects of a period."""

    since: date
    until: date = Field(description="the day after the last")
    whole: GroupEffectsResponse
    by_category: list[GroupEffectsResponse]
    by_region: list[GroupEffectsResponse]


@router.get("/api/retail/effects", responses=READ)
async def get_effects(
    request: Request,
    since: Annotated[date | None, Query(description="default: 28 days before `until`")] = None,
    until: Annotated[date | None, Query(description="default: today, UTC")] = None,
) -> EffectsResponse:
    """Return revenue, the change of margin with its interval, and the acceptance."""
    end_on = until or get_context(request).clock().date()
    first_on = since or end_on - timedelta(days=USUAL_DAYS)
    if not timedelta() < end_on - first_on <= LONGEST:
        raise RangeError(
            f"from {first_on} to {end_on}: ask for 1 to {LONGEST.days} days, the first before the "
            "last"
        )

    def read(connection: Connection) -> EffectsResponse:
        report = read_effect_report(connection, _midnight(first_on), _midnight(end_on))
        return EffectsResponse(
            since=first_on,
            until=end_on,
            whole=_describe(report.whole),
            by_category=[_describe(one) for one in report.by_category],
            by_region=[_describe(one) for one in report.by_region],
        )

    return await read_database(request, read)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _describe(one: GroupEffects) -> GroupEffectsResponse:
    share, effect = one.acceptance, one.effect
    return GroupEffectsResponse(
        name=one.name,
        revenue_minor=one.revenue_minor,
        margin_minor=one.margin_minor,
        acceptance=AcceptanceResponse(
            accepted=one.accepted, changed=one.changed, rejected=one.rejected,
            share=None if share is None else share.value, low=None if share is None else share.low,
            high=None if share is None else share.high,
        ),
        effect=None if effect is None else MarginEffectResponse(
            **{name: getattr(effect, name) for name in MarginEffectResponse.model_fields}
        ),
        missing=one.missing,
    )  # fmt: skip
