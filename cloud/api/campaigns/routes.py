"""All routes of campaigns as one router."""

from fastapi import APIRouter

from cloud.api.campaigns import (
    creative_tests,
    creatives,
    export,
    listing,
    make_goods,
    observation,
    performance,
    plays,
    receipts,
    report,
)

router = APIRouter()
for module in (
    listing, performance, observation, export, report, creatives, plays, creative_tests,
    make_goods, receipts,
):  # fmt: skip
    router.include_router(module.router)
