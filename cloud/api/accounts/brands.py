"""`/api/brands`: what the accounts advertise."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.accounts.account_models import TEXT
from cloud.api.accounts.accounts import require_visible_account
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, allow_roles, receive_caller, require_visible
from cloud.auth.accounts.brand_store import (
    Brand,
    create_brand,
    list_brands,
    read_brand,
    unknown_brand,
)
from cloud.auth.keys import ACCOUNT_PATTERN, Role

router = APIRouter(tags=["accounts"], dependencies=[allow_roles(*EVERYBODY)])
Asker = Annotated[Caller, Depends(receive_caller)]
BrandId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


class NewBrand(BaseModel):
    """A brand to create."""

    account: str = Field(pattern=ACCOUNT_PATTERN, examples=["acme"])
    name: str = Field(max_length=TEXT, examples=["Acme Tea"])
    categories: list[str] = Field([], max_length=100, examples=[["IAB8-5"]])


class BrandResponse(NewBrand):
    """A brand."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    created_at: datetime


class BrandsResponse(BaseModel):
    """Every visible brand, by account and name."""

    brands: list[BrandResponse]


@router.get(
    "/api/brands",
    response_model=BrandsResponse,
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def get_brands(request: Request, accounts: ListedAccounts) -> BrandsResponse:
    """List the brands of the accounts that the caller may see."""
    of = None if accounts is None else sorted(accounts)
    found = await read_database(request, partial(list_brands, accounts=of))
    return BrandsResponse(brands=[*map(_brand, found)])


@router.get(
    "/api/brands/{brand}",
    response_model=BrandResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_brand(request: Request, brand: BrandId, caller: Asker) -> BrandResponse:
    """Return one brand."""
    found = await read_database(request, partial(read_brand, brand=brand))
    return _brand(require_visible(caller, found, unknown_brand(brand)))


@router.post(
    "/api/brands",
    status_code=201,
    response_model=BrandResponse,
    dependencies=[allow_roles(Role.SALES, Role.ADVERTISER, Role.AGENCY)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_brand(
    request: Request, asked: NewBrand, caller: Asker, idempotent: Idempotent
) -> Response:
    """Create a brand of an account that the caller may see."""
    now = get_context(request).clock()

    def create(connection: Connection) -> Reply:
        require_visible_account(connection, asked.account, caller)
        found = create_brand(
            connection, asked.account, asked.name, asked.categories, by=caller.name, now=now
        )
        body = _brand(found).model_dump_json().encode()
        return Reply(201, body, {"location": f"/api/brands/{found.id}"})

    return await change_once(request, idempotent, create)


def _brand(found: Brand) -> BrandResponse:
    return BrandResponse(
        id=found.id,
        account=found.account,
        name=found.name,
        categories=list(found.categories),
        created_at=found.created_at,
    )
