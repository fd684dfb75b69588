"""Curves of volume against margin, as the API writes them."""

from decimal import Decimal

from pydantic import BaseModel, Field

from cloud.api.retail.descriptions import describe_week
from cloud.api.retail.models import RetailWeek
from cloud.money import major
from cloud.pricing.retail.scenarios import CurvePoint


class RetailCurvePoint(BaseModel):
    """All stores at one share of their current prices."""

    share: float = Field(examples=[0.9], description="of the current price of each store")
    price: Decimal | None = Field(examples=["3.14"], description="null for several stores")
    allowed_stores: int = Field(
        description="stores whose rules allow the price, but for the ladder"
    )
    expected: RetailWeek | None = Field(
        description="sum of the stores with an estimate; null where there is none"
    )


class RetailCurve(BaseModel):
    """Prices from 70 % to 130 % of the current ones, and what a week brings at each."""

    currency: str = Field(examples=["GBP"])
    stores: int
    points: list[RetailCurvePoint]


def describe_curve(currency: str, stores: int, points: list[CurvePoint]) -> RetailCurve:
    """A curve in the currency's decimals."""
    return RetailCurve(
        currency=currency,
        stores=stores,
        points=[
            RetailCurvePoint(
                share=one.share,
                price=None if one.price_minor is None else major(one.price_minor, currency),
                allowed_stores=one.allowed_rows,
                expected=describe_week(one.expected, currency),
            )
            for one in points
        ],
    )
