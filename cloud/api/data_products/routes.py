"""All routes of data products as one router."""

from fastapi import APIRouter

from cloud.api.data_products import kpis, products, uploads

router = APIRouter()
for module in (products, kpis, uploads):
    router.include_router(module.router)
