"""`/api/accounts`: the organisations that buy and sell.

Staff see every account, an agency itself and the accounts that it acts for, an advertiser its own.
Any other account does not exist for them.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy import Connection

from cloud.api.accounts.account_models import (
    AccountChange,
    AccountResponse,
    AccountsResponse,
    NewAccount,
)
from cloud.app.etag import NOT_MODIFIED, TaggedResponse, VersionMismatchError
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import EVERYBODY, Caller, Forbidden, allow_roles, receive_caller
from cloud.auth.accounts.account import Account, AccountProfile
from cloud.auth.accounts.account_store import (
    change_account,
    close_account,
    create_account,
    list_accounts,
    read_account,
    unknown_account,
)
from cloud.auth.keys import Role

MAX_PAGE: Final = 200
WRITERS: Final = (Role.SALES, Role.FINANCE)
"""Roles that create and change accounts, beside `admin`."""
TERMS_ROLES: Final = frozenset({Role.FINANCE, Role.ADMIN})
"""Roles that set the commission and the credit limit of an account."""

router = APIRouter(tags=["accounts"], dependencies=[allow_roles(*EVERYBODY)])
Asker = Annotated[Caller, Depends(receive_caller)]
AccountId = Annotated[str, Path(examples=["acme"])]


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
    of = None if caller.sees_all else caller.account
    found = await read_database(
        request, partial(list_accounts, of=of, after=after, limit=limit + 1)
    )
    further = found[limit - 1].id if len(found) > limit else None
    return AccountsResponse(accounts=[*map(_account, found[:limit])], next=further)


@router.get(
    "/api/accounts/{account}",
    response_model=AccountResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_account(request: Request, account: AccountId, caller: Asker) -> Response:
    """Return one account."""
    find = partial(require_visible_account, account=account, caller=caller)
    return _encode(await read_database(request, find)).answer(request)


@router.post(
    "/api/accounts",
    status_code=201,
    response_model=AccountResponse,
    dependencies=[allow_roles(*WRITERS)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 500, 503),
)
async def post_account(
    request: Request, asked: NewAccount, caller: Asker, idempotent: Idempotent
) -> Response:
    """Create an account. Only finance and administrators set a commission or a credit limit."""
    now = get_context(request).clock()
    profile = AccountProfile(**{**asked.model_dump(), "address": tuple(asked.address)})
    if profile.commission_bp or profile.credit_limit_minor:
        _require_terms_role(caller)

    def create(connection: Connection) -> Reply:
        found = create_account(connection, profile, by=caller.name, now=now)
        return _reply(found, 201, location=f"/api/accounts/{found.id}")

    return await change_once(request, idempotent, create)


@router.patch(
    "/api/accounts/{account}",
    response_model=AccountResponse,
    dependencies=[allow_roles(*WRITERS)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 412, 500, 503),
)
async def patch_account(
    request: Request,
    account: AccountId,
    asked: AccountChange,
    caller: Asker,
    idempotent: Idempotent,
    if_match: Annotated[str | None, Header(description="`ETag` of the account")] = None,
) -> Response:
    """Change an account. Only finance and administrators change its terms of payment."""
    now = get_context(request).clock()

    def change(connection: Connection) -> Reply:
        before = require_visible_account(connection, account, caller, lock=True)
        if not _encode(before).is_match(if_match):
            raise VersionMismatchError(
                f"account {before.id!r} is not the version that If-Match names: GET it again"
            )
        profile = _apply(before.profile, asked)
        if _terms_of(profile) != _terms_of(before):
            _require_terms_role(caller)
        return _reply(change_account(connection, profile, by=caller.name, now=now))

    return await change_once(request, idempotent, change)


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
    now = get_context(request).clock()

    def close(connection: Connection) -> Reply:
        require_visible_account(connection, account, caller)
        return _reply(close_account(connection, account, by=caller.name, now=now))

    return await change_once(request, idempotent, close)


def require_visible_account(
    connection: Connection, account: str, caller: Caller, *, lock: bool = False
) -> Account:
    """The account, if the caller may see it; raises UnknownAccountError."""
    found = read_account(connection, account, lock=lock)
    if found is None or not caller.may_see(found.id):
        raise unknown_account(account)
    return found


def _require_terms_role(caller: Caller) -> None:
    """Raise Forbidden for a caller who may set neither of them."""
    if caller.roles.isdisjoint(TERMS_ROLES):
        raise Forbidden(
            "only the roles finance and admin set a commission or a credit limit: leave them out, "
            "or ask finance"
        )


def _terms_of(profile: AccountProfile) -> tuple[int, int]:
    return profile.commission_bp, profile.credit_limit_minor


def _apply(profile: AccountProfile, asked: AccountChange) -> AccountProfile:
    changes = asked.model_dump(exclude_unset=True)
    if "address" in changes:
        changes["address"] = tuple(changes["address"])
    return replace(profile, **changes)


def _reply(found: Account, status: int = 200, **headers: str) -> Reply:
    tagged = _encode(found)
    return Reply(status, tagged.content, {**headers, "etag": tagged.tag.decode()})


def _encode(found: Account) -> TaggedResponse:
    return TaggedResponse(_account(found).model_dump_json().encode())


def _account(found: Account) -> AccountResponse:
    fields: dict[str, Any] = {name: getattr(found, name) for name in AccountResponse.model_fields}
    return AccountResponse(**{**fields, "address": list(found.address)})
