"""All routes of sales and finance staff as one router, and the status of their refusals."""

from typing import Final

from fastapi import APIRouter

from cloud.api.sales import (
    approvals,
    invoiced_revenue,
    proposals,
    rate_card,
    rate_card_preview,
    revenue,
)
from cloud.api.sales.proposals import PROPOSAL_STATUS_OF
from cloud.api.sales.rate_card import RATE_CARD_STATUS_OF

SALES_STATUS_OF: Final = {**PROPOSAL_STATUS_OF, **RATE_CARD_STATUS_OF}

router = APIRouter()
for module in (rate_card, rate_card_preview, proposals, approvals, revenue, invoiced_revenue):
    router.include_router(module.router)
