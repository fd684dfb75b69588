"""All routes of orders as one router."""

from fastapi import APIRouter

from cloud.api.orders import cancellation, changes, export, history, orders

router = APIRouter()
for module in (export, orders, history, cancellation, changes):
    router.include_router(module.router)
