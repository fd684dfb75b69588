"""All routes of analyses as one router."""

from fastapi import APIRouter

from cloud.api.analytics import attention, campaigns

router = APIRouter()
for module in (attention, campaigns):
    router.include_router(module.router)
