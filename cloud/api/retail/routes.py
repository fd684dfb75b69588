"""All routes of retail prices as one router, and the status of their refusals."""

from typing import Final

from fastapi import APIRouter

from cloud.api.retail import (
    analysis,
    effects,
    experiments,
    price_errors,
    price_points,
    prices,
    recommend,
    rules,
    scenarios,
    workflow,
)
from cloud.api.retail.failures import (
    INGEST_STATUS_OF,
    RECOMMENDATION_STATUS_OF,
    WORKFLOW_STATUS_OF,
)

RETAIL_STATUS_OF: Final = {**RECOMMENDATION_STATUS_OF, **WORKFLOW_STATUS_OF, **INGEST_STATUS_OF}

router = APIRouter()
for module in (
    recommend, analysis, scenarios, rules, workflow, prices, experiments, effects,
    price_points, price_errors,
):  # fmt: skip
    router.include_router(module.router)
