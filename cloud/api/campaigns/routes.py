"""All routes of campaigns as one router."""

from fastapi import APIRouter

from cloud.api.campaigns import (
    creative_tests,
    creatives,
    listing,
    make_goods,
    performance,
    plays,
    receipts,
)

router = APIRouter()
for module in (listing, performance, creatives, plays, creative_tests, make_goods, receipts):
    router.include_router(module.router)
