"""OpenDirect's organizations, advertiserbrands and accounts, which `/api/accounts` creates."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection

from cloud.api.opendirect.answers import (
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    Count,
    Offset,
    OpenDirectRoute,
    answer,
    answer_page,
    take_page,
)
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.idempotency.request_transactions import read_database
from cloud.auth.access import Caller, allow_roles
from cloud.auth.accounts.account import Account, AccountKind
from cloud.auth.accounts.account_store import list_accounts, read_account, unknown_account
from cloud.auth.accounts.brand_store import Brand, list_brands, read_brand, unknown_brand
from cloud.booking.opendirect.resources import (
    describe_account,
    describe_brand,
    describe_organization,
)

MAX_ACCOUNTS = 10_000

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES)],
)
OrganizationId = Annotated[str, Path(examples=["acme"], max_length=64)]
BrandId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


def _visible_accounts(connection: Connection, who: Caller) -> Sequence[Account]:
    of = None if who.sees_all else who.account
    return list_accounts(connection, of=of, limit=MAX_ACCOUNTS)


def _require_account(connection: Connection, account: str, who: Caller) -> Account:
    found = read_account(connection, account)
    if found is None or not who.may_see(account):
        raise unknown_account(account)
    return found


@router.get("/organizations", responses=READ_PROBLEMS)
async def list_organizations(
    request: Request, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the organisations that the caller sees."""
    found = await read_database(request, lambda connection: _visible_accounts(connection, who))
    page = [describe_organization(one) for one in take_page(found, offset, count)]
    return answer_page(request, "organizations", page, len(found))


@router.get("/organizations/{organization}", responses=READ_PROBLEMS)
async def get_organization(request: Request, organization: OrganizationId, who: Asker) -> Response:
    """Return one organisation."""
    found = await read_database(
        request, lambda connection: _require_account(connection, organization, who)
    )
    return answer(request, describe_organization(found))


@router.get("/accounts", responses=READ_PROBLEMS)
async def list_advertisers(
    request: Request, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the accounts: each an advertiser with who buys for it."""
    every = await read_database(request, lambda connection: _visible_accounts(connection, who))
    found = [one for one in every if one.kind is not AccountKind.MEDIA_OWNER]
    page = [describe_account(one) for one in take_page(found, offset, count)]
    return answer_page(request, "accounts", page, len(found))


@router.get("/accounts/{account}", responses=READ_PROBLEMS)
async def get_advertiser(request: Request, account: AccountId, who: Asker) -> Response:
    """Return one account."""
    found = await read_database(
        request, lambda connection: _require_account(connection, account, who)
    )
    return answer(request, describe_account(found))


@router.get("/advertiserbrands", responses=READ_PROBLEMS)
async def list_advertiser_brands(
    request: Request, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the brands that the caller sees."""

    def read(connection: Connection) -> Sequence[Brand]:
        return list_brands(connection, None if who.accounts is None else sorted(who.accounts))

    found = await read_database(request, read)
    page = [describe_brand(one) for one in take_page(found, offset, count)]
    return answer_page(request, "advertiserbrands", page, len(found))


@router.get("/advertiserbrands/{brand}", responses=READ_PROBLEMS)
async def get_advertiser_brand(request: Request, brand: BrandId, who: Asker) -> Response:
    """Return one brand."""

    def read(connection: Connection) -> Brand:
        found = read_brand(connection, brand)
        if found is None or not who.may_see(found.account):
            raise unknown_brand(brand)
        return found

    return answer(request, describe_brand(await read_database(request, read)))
