"""`/api/accounts` and `/api/brands`: organisations and what they advertise.

Staff see every account, an agency itself and the accounts that it acts for, an advertiser its own.
Any other account does not exist for them.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import (
    EVERYBODY,
    Caller,
    Forbidden,
    allow_roles,
    get_caller,
    require_visible,
)
from cloud.auth.accounts.account import Account, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    close_account,
    create_account,
    list_accounts,
    read_account,
    unknown_account,
)
from cloud.auth.accounts.brand_store import (
    Brand,
    create_brand,
    list_brands,
    read_brand,
    unknown_brand,
)
from cloud.auth.keys import ACCOUNT_PATTERN, Role

MAX_PAGE: Final = 200
TEXT: Final = 200
TERMS_ROLES: Final = (Role.FINANCE,)
"""Roles that set the commission and the credit limit of an account, beside `admin`."""

router = APIRouter(tags=["accounts"], dependencies=[allow_roles(*EVERYBODY)])
Asker = Annotated[Caller, Depends(get_caller)]
AccountId = Annotated[str, Path(examples=["acme"])]
BrandId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


class NewAccount(BaseModel):
    """An account to create; the fields are those of docs/accounts.md."""

    id: str = Field(pattern=ACCOUNT_PATTERN, examples=["acme"])
    name: str = Field(max_length=TEXT, examples=["Acme Ltd"])
    kind: AccountKind
    agency: str | None = Field(None, pattern=ACCOUNT_PATTERN, examples=["north-media"])
    currency: str = Field("GBP", max_length=3)
    country: str = Field("GB", max_length=2)
    vat_number: str | None = Field(None, max_length=TEXT, examples=["GB123456789"])
    address: list[str] = Field([], max_length=20)
    billing_email: str | None = Field(None, max_length=TEXT, examples=["bills@acme.example"])
    commission_bp: int = 0
    credit_limit_minor: int = 0


class AccountResponse(NewAccount):
    """An account."""

    created_at: datetime
    closed_at: datetime | None = Field(description="null: open")


class AccountsResponse(BaseModel):
    """One page, in the order of the ids."""

    accounts: list[AccountResponse]
    next: str | None = Field(description="`after` of the next page; null on the last")


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
    "/api/accounts",
    response_model=AccountsResponse,
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def get_accounts(
    request: Request,
    caller: Asker,
    after: Annotated[str, Query(max_length=40, description="`next` of a page")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> AccountsResponse:
    """List the accounts that the caller may see."""
    context = get_context(request)
    of = None if caller.sees_all else caller.account

    def read() -> AccountsResponse:
        with database.reading(context.engine) as connection:
            found = list_accounts(connection, of=of, after=after, limit=limit + 1)
        further = found[limit - 1].id if len(found) > limit else None
        return AccountsResponse(accounts=[*map(_account, found[:limit])], next=further)

    return await run_in_threadpool(read)


@router.get(
    "/api/accounts/{account}",
    response_model=AccountResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_account(request: Request, account: AccountId, caller: Asker) -> AccountResponse:
    """Return one account."""
    context = get_context(request)

    def read() -> AccountResponse:
        with database.reading(context.engine) as connection:
            return _account(require_visible_account(connection, account, caller))

    return await run_in_threadpool(read)


@router.post(
    "/api/accounts",
    status_code=201,
    response_model=AccountResponse,
    dependencies=[allow_roles(Role.SALES, *TERMS_ROLES)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
)
async def post_account(
    request: Request, asked: NewAccount, caller: Asker, idempotent: Idempotent
) -> Response:
    """Create an account. Only finance and administrators set a commission or a credit limit."""
    context = get_context(request)
    if asked.commission_bp or asked.credit_limit_minor:
        _require_terms_role(caller)
    profile = AccountProfile(**{**asked.model_dump(), "address": tuple(asked.address)})

    def create(connection: Connection) -> Reply:
        found = create_account(connection, profile, by=caller.name, now=context.clock())
        body = _account(found).model_dump_json().encode()
        return Reply(201, body, {"location": f"/api/accounts/{found.id}"})

    return await run_in_threadpool(idempotent.run, context, create)


@router.post(
    "/api/accounts/{account}/close",
    response_model=AccountResponse,
    dependencies=[allow_roles(Role.ADMIN)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_account_close(
    request: Request, account: AccountId, caller: Asker, idempotent: Idempotent
) -> Response:
    """Close an account: its users and keys are refused from now on."""
    context = get_context(request)

    def close(connection: Connection) -> Reply:
        require_visible_account(connection, account, caller)
        found = close_account(connection, account, by=caller.name, now=context.clock())
        return Reply(200, _account(found).model_dump_json().encode())

    return await run_in_threadpool(idempotent.run, context, close)


@router.get(
    "/api/brands",
    response_model=BrandsResponse,
    responses=problem_responses(*REFUSALS, 500, 503),
)
async def get_brands(request: Request, caller: Asker) -> BrandsResponse:
    """List the brands of the accounts that the caller may see."""
    context = get_context(request)
    of = None if caller.accounts is None else sorted(caller.accounts)

    def read() -> BrandsResponse:
        with database.reading(context.engine) as connection:
            return BrandsResponse(brands=[*map(_brand, list_brands(connection, of))])

    return await run_in_threadpool(read)


@router.get(
    "/api/brands/{brand}",
    response_model=BrandResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_brand(request: Request, brand: BrandId, caller: Asker) -> BrandResponse:
    """Return one brand."""
    context = get_context(request)

    def read() -> BrandResponse:
        with database.reading(context.engine) as connection:
            found = read_brand(connection, brand)
        return _brand(require_visible(caller, found, unknown_brand(brand)))

    return await run_in_threadpool(read)


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
    context = get_context(request)

    def create(connection: Connection) -> Reply:
        require_visible_account(connection, asked.account, caller)
        found = create_brand(
            connection, asked.account, asked.name, asked.categories,
            by=caller.name, now=context.clock(),
        )  # fmt: skip
        body = _brand(found).model_dump_json().encode()
        return Reply(201, body, {"location": f"/api/brands/{found.id}"})

    return await run_in_threadpool(idempotent.run, context, create)


def require_visible_account(connection: Connection, account: str, caller: Caller) -> Account:
    """The account, if the caller may see it; raises UnknownAccountError."""
    found = read_account(connection, account)
    if found is None or not caller.may_see(found.id):
        raise unknown_account(account)
    return found


def _require_terms_role(caller: Caller) -> None:
    """Raise Forbidden for a caller who may set neither of them."""
    if caller.roles.isdisjoint({*TERMS_ROLES, Role.ADMIN}):
        raise Forbidden(
            "only the roles finance and admin set a commission or a credit limit: create the "
            "account without them, or ask finance to create it"
        )


def _account(found: Account) -> AccountResponse:
    fields: dict[str, Any] = {name: getattr(found, name) for name in AccountResponse.model_fields}
    return AccountResponse(**{**fields, "address": list(found.address)})


def _brand(found: Brand) -> BrandResponse:
    return BrandResponse(
        id=found.id,
        account=found.account,
        name=found.name,
        categories=list(found.categories),
        created_at=found.created_at,
    )
