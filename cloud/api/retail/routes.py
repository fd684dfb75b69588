"""All routes of retail prices as one router, and the status of their refusals."""

from typing import Final

from fastapi import APIRouter

from cloud.api.retail import effects, experiments, price_errors, price_points, prices, workflow
from cloud.api.retail.failures import INGEST_STATUS_OF, WORKFLOW_STATUS_OF

RETAIL_STATUS_OF: Final = {**WORKFLOW_STATUS_OF, **INGEST_STATUS_OF}

router = APIRouter()
for module in (workflow, prices, experiments, effects, price_points, price_errors):
    router.include_router(module.router)
