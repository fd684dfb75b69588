"""All routes of analyses as one router."""

from fastapi import APIRouter

from cloud.api.analytics import attention, campaigns, views

router = APIRouter()
for module in (attention, campaigns, views):
    router.include_router(module.router)
