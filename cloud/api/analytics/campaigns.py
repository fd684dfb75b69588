"""`GET /api/analytics/campaigns`: what the campaigns of the caller return for their price."""

from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.campaigns.documents import (
    CampaignSummary,
    CostDocument,
    IntervalDocument,
    RoiDocument,
    describe_campaign,
    describe_totals,
)
from cloud.api.campaigns.paging import After, cut_page
from cloud.app.campaign_figures import CampaignFigures
from cloud.app.context import AppContext
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, allow_roles
from cloud.campaigns.campaign import list_campaigns
from cloud.campaigns.performance import (
    Performance,
    compute_attention_for_money,
    compute_roi,
)
from cloud.money import minor

MOST: Final = 20
TAKEN_OVER: Final = (
    "plays", "delivery_share", "observed_share", "ots", "attention_s", "price",
    "cost_per_thousand", "cost_per_thousand_attention_s",
)  # fmt: skip
router = APIRouter(tags=["analytics"], dependencies=[allow_roles(*EVERYBODY)])


class CampaignReturnDocument(CampaignSummary):
    """A campaign until now: audience, costs and what one unit of money returned.

    Money figures are null for a campaign in several currencies.
    """

    plays: int
    delivery_share: float | None
    observed_share: float | None = Field(description="observed part of the time of all plays")
    measured_share: float | None = Field(description="part of the price whose OTS are measured")
    ots: IntervalDocument | None
    attention_s: IntervalDocument | None
    price: Decimal | None
    cost_per_thousand: CostDocument | None
    cost_per_thousand_attention_s: CostDocument | None
    attention_s_for_money: IntervalDocument | None = Field(
        description="attention seconds for one unit of the currency"
    )
    roi: RoiDocument | None = Field(description="null: no value was stated")


class CampaignReturnsResponse(BaseModel):
    """One page; campaigns that end last come first. Limits are P10 and P90."""

    campaigns: list[CampaignReturnDocument]
    next: str | None = Field(description="`after` of the next page; null on the last")


@router.get("/api/analytics/campaigns", responses=problem_responses(*REFUSALS, 422, 500, 503))
async def get_campaign_returns(
    request: Request,
    accounts: ListedAccounts,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 10,
    value_per_thousand: Annotated[
        Decimal | None,
        Query(ge=0, le=10**8, description="what 1,000 OTS are worth to the advertiser: for ROI"),
    ] = None,
) -> CampaignReturnsResponse:
    """Return audience, costs and return of each campaign of the caller; staff see all."""
    context: AppContext = get_context(request)
    figures: CampaignFigures = request.app.state.campaign_figures

    def read() -> CampaignReturnsResponse:
        with database.reading(context.engine) as connection:
            found = list_campaigns(connection, context.sites, accounts)
        ids = [one.id for one in found]
        start = ids.index(after) + 1 if after in ids else 0
        shown, further = cut_page(found[start:], limit)
        returns = [describe_return(figures.read(context, one), value_per_thousand) for one in shown]
        return CampaignReturnsResponse(campaigns=returns, next=further)

    return await run_in_threadpool(read)


def describe_return(
    found: Performance, value_per_thousand: Decimal | None
) -> CampaignReturnDocument:
    """A campaign as a document; `value_per_thousand` is what the advertiser states."""
    campaign, totals = found.campaign, found.totals
    currency = campaign.currencies[0] if len(campaign.currencies) == 1 else None
    values = describe_totals(totals, campaign.currencies)
    for_money = compute_attention_for_money(totals, currency) if currency else None
    return CampaignReturnDocument(
        **describe_campaign(campaign, found.at),
        **{name: values[name] for name in TAKEN_OVER},
        measured_share=values["measured"].priced_share,
        attention_s_for_money=IntervalDocument.of(for_money),
        roi=_describe_roi(found, currency, value_per_thousand),
    )


def _describe_roi(
    found: Performance, currency: str | None, value_per_thousand: Decimal | None
) -> RoiDocument | None:
    if value_per_thousand is None or currency is None or not found.totals.has_audience:
        return None
    value = Decimal(minor(value_per_thousand, currency))
    roi = compute_roi(found.totals.price_minor, found.totals.ots.interval, value)
    return None if roi is None else RoiDocument(low=roi[0], value=roi[1], high=roi[2])
