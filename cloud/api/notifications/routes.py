"""All routes of notifications as one router."""

from fastapi import APIRouter

from cloud.api.notifications import briefs, preferences, unsubscribe

router = APIRouter()
for module in (briefs, preferences, unsubscribe):
    router.include_router(module.router)
