"""`GET /api/revenue/invoiced`: what was invoiced beside the booked prices of the same orders.

A month is one of the seller's clock, as on invoices. Prices are compared where an order has a final
invoice of the month; what is booked and not invoiced yet is a figure of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.sales.revenue import FirstOn, UntilOn, require_period
from cloud.app.billing.services import get_billing
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.billing.invoiced_months import InvoicedAmounts, InvoicedOrderMonth, read_invoiced_months
from cloud.billing.periods import BillingPeriod
from cloud.sales.sold_slots import SoldSlot, read_sold_slots

CAVEAT: Final = (
    "Booked prices are those of sold hours, after discounts. Invoices are less the commission of "
    "agencies, and have what a delivery has changed and what a cancellation costs; so the two "
    "differ where nothing is wrong. All amounts are without VAT."
)
DAY: Final = timedelta(days=1)

router = APIRouter(tags=["revenue"], dependencies=[allow_roles(Role.SALES, Role.FINANCE)])


class InvoicedMonth(BaseModel):
    """One month and currency, in minor units."""

    month: date = Field(description="its first day", examples=["2026-11-01"])
    currency: str = Field(examples=["GBP"])
    booked_minor: int = Field(description="price of all sold hours")
    booked_invoiced_minor: int = Field(description="of them, of orders with a final invoice")
    invoiced_minor: int = Field(description="final invoices, also of orders of another system")
    invoiced_here_minor: int = Field(description="final invoices of the orders with these hours")
    credited_minor: int = Field(description="final credit notes")
    tentative_minor: int = Field(description="documents that are not final and may change")
    orders: int = Field(description="with sold hours")
    invoiced_orders: int = Field(description="of them, with a final invoice")

    @classmethod
    def of(
        cls,
        first_on: date,
        currency: str,
        booked: Mapping[InvoicedOrderMonth, int],
        invoiced: Mapping[InvoicedOrderMonth, InvoicedAmounts],
    ) -> Self:
        """The sums of a month over its orders."""
        final = {key for key, one in invoiced.items() if one.has_final}
        both = booked.keys() & final
        return cls(
            month=first_on,
            currency=currency,
            booked_minor=sum(booked.values()),
            booked_invoiced_minor=sum(booked[key] for key in both),
            invoiced_minor=sum(one.final_minor for one in invoiced.values()),
            invoiced_here_minor=sum(invoiced[key].final_minor for key in both),
            credited_minor=sum(one.credited_minor for one in invoiced.values()),
            tentative_minor=sum(one.tentative_minor for one in invoiced.values()),
            orders=len(booked),
            invoiced_orders=len(both),
        )


class InvoicedRevenueResponse(BaseModel):
    """Invoiced amounts beside booked prices, by month."""

    months: list[InvoicedMonth]
    caveat: str


@router.get("/api/revenue/invoiced", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_invoiced_revenue(
    request: Request, first_on: FirstOn = None, until_on: UntilOn = None
) -> InvoicedRevenueResponse:
    """Compare what was invoiced with booked prices, for every month that the period touches."""
    context: AppContext = get_context(request)
    zone = get_billing(request).config.seller.zone
    today = context.clock().date()
    first_on, until_on = require_period(first_on, until_on, today, len(context.sites))
    first_on = first_on.replace(day=1)
    until_on = BillingPeriod((until_on - DAY).replace(day=1)).next_first_on

    def read(connection: Connection) -> InvoicedRevenueResponse:
        since, until = (BillingPeriod(one).starts_at(zone) for one in (first_on, until_on))
        sold = read_sold_slots(connection, context.sites, since.astimezone(UTC), until)
        invoiced = read_invoiced_months(connection, first_on, until_on)
        months = _compare(_sum_booked(sold, zone), invoiced)
        return InvoicedRevenueResponse(months=months, caveat=CAVEAT)

    return await read_database(request, read)


def _sum_booked(sold: Iterable[SoldSlot], zone: ZoneInfo) -> dict[InvoicedOrderMonth, int]:
    """The price of the sold hours of each order and month."""
    sums: dict[InvoicedOrderMonth, int] = defaultdict(int)
    for one in sold:
        first_on = datetime.fromtimestamp(one.starts_at_s, zone).date().replace(day=1)
        sums[InvoicedOrderMonth(one.order_id, first_on, one.currency)] += one.total_minor
    return sums


def _compare(
    booked: Mapping[InvoicedOrderMonth, int], invoiced: Mapping[InvoicedOrderMonth, InvoicedAmounts]
) -> list[InvoicedMonth]:
    months = sorted({(key.first_on, key.currency) for key in [*booked, *invoiced]})
    return [
        InvoicedMonth.of(
            *month,
            {key: one for key, one in booked.items() if (key.first_on, key.currency) == month},
            {key: one for key, one in invoiced.items() if (key.first_on, key.currency) == month},
        )
        for month in months
    ]
