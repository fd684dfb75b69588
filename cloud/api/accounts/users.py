"""`/api/users`: who may sign in, with which roles.

Administrators manage the users of every account. A user who manages users manages those of the same
account only, and can give no role that its kind does not have: see `cloud/auth/users/user.py`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Connection
from starlette.background import BackgroundTask

from cloud.api.accounts.accounts import require_visible_account
from cloud.api.accounts.user_models import NewUser, UserResponse, UserRoles, UsersResponse
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once, read_database
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.sign_in.sign_in_state import get_sign_in
from cloud.auth.access import Caller, Forbidden, allow_managers_of_users, receive_caller
from cloud.auth.keys import ACCOUNT_PATTERN
from cloud.auth.users.tokens import TokenPurpose
from cloud.auth.users.user import User
from cloud.auth.users.user_store import (
    create_user,
    disable_user,
    list_users,
    read_user,
    set_roles,
    unknown_user,
)

MAX_PAGE: Final = 200

router = APIRouter(tags=["accounts"], dependencies=[allow_managers_of_users()])
Asker = Annotated[Caller, Depends(receive_caller)]
UserId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])]


@router.get(
    "/api/users",
    response_model=UsersResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_users(
    request: Request,
    caller: Asker,
    account: Annotated[str | None, Query(pattern=ACCOUNT_PATTERN)] = None,
    after: Annotated[str, Query(max_length=32, description="`next` of a page")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> UsersResponse:
    """List the users that the caller manages, of all accounts or of one."""
    wanted = account if account is not None or caller.sees_all else caller.account

    def read(connection: Connection) -> Sequence[User]:
        if account is not None:
            _require_managed_account(connection, account, caller)
        return list_users(connection, wanted, after=after, limit=limit + 1)

    found = await read_database(request, read)
    further = found[limit - 1].id if len(found) > limit else None
    return UsersResponse(users=[*map(_user, found[:limit])], next=further)


@router.get(
    "/api/users/{user}",
    response_model=UserResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_user(request: Request, user: UserId, caller: Asker) -> UserResponse:
    """Return one user."""
    return _user(await read_database(request, partial(_require_managed, user=user, caller=caller)))


@router.post(
    "/api/users",
    status_code=201,
    response_model=UserResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_user(
    request: Request, asked: NewUser, caller: Asker, idempotent: Idempotent
) -> Response:
    """Create a user and send an invitation by e-mail, with a link to choose a password.

    Only staff learn that a user of another account has the address.
    """
    get_sign_in(request).require_mailer()
    now = get_context(request).clock()
    invited: list[User] = []

    def create(connection: Connection) -> Reply:
        _require_managed_account(connection, asked.account, caller)
        found = create_user(
            connection, **asked.model_dump(), reveals=caller.sees_all, by=caller.name, now=now
        )
        invited.append(found)
        return _reply(found, 201, location=f"/api/users/{found.id}")

    return _invite_after(request, await change_once(request, idempotent, create), invited)


@router.post(
    "/api/users/{user}/invite",
    status_code=202,
    response_class=Response,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_invitation(
    request: Request, user: UserId, caller: Asker, idempotent: Idempotent
) -> Response:
    """Send the invitation again; the link of an earlier one does not work any more."""
    get_sign_in(request).require_mailer()
    invited: list[User] = []

    def check(connection: Connection) -> Reply:
        invited.append(_require_managed(connection, user, caller))
        return Reply(202)

    return _invite_after(request, await change_once(request, idempotent, check), invited)


@router.put(
    "/api/users/{user}/roles",
    response_model=UserResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def put_roles(
    request: Request, user: UserId, asked: UserRoles, caller: Asker, idempotent: Idempotent
) -> Response:
    """Replace the roles of a user; they take effect with the next request of the user."""
    now = get_context(request).clock()

    def change(connection: Connection) -> Reply:
        _require_managed(connection, user, caller)
        found = set_roles(
            connection, user, asked.roles, manages_users=asked.manages_users,
            by=caller.name, now=now,
        )  # fmt: skip
        return _reply(found)

    return await change_once(request, idempotent, change)


@router.post(
    "/api/users/{user}/disable",
    response_model=UserResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def post_user_disable(
    request: Request, user: UserId, caller: Asker, idempotent: Idempotent
) -> Response:
    """Disable a user for good: sessions end, and no sign-in is possible."""
    now = get_context(request).clock()

    def change(connection: Connection) -> Reply:
        _require_managed(connection, user, caller)
        found = disable_user(connection, user, by=caller.name, now=now)
        return _reply(found)

    return await change_once(request, idempotent, change)


def _invite_after(request: Request, response: Response, invited: Sequence[User]) -> Response:
    """Send the mail after the answer; not when the answer of an earlier request is repeated."""
    if invited and invited[0].disabled_at is None:
        context, mailer = get_context(request), get_sign_in(request).require_mailer()
        response.background = BackgroundTask(
            mailer.send_link, context.engine, invited[0], TokenPurpose.INVITATION, context.clock()
        )
    return response


def _require_managed(connection: Connection, user: str, caller: Caller) -> User:
    """The user, if the caller manages the account; an agency does not manage its clients' users."""
    found = read_user(connection, user)
    if found is None or not (caller.sees_all or found.account == caller.account):
        raise unknown_user(user)
    return found


def _require_managed_account(connection: Connection, account: str, caller: Caller) -> None:
    require_visible_account(connection, account, caller)
    if not (caller.sees_all or account == caller.account):
        raise Forbidden("an agency does not manage the users of its clients")


def _reply(found: User, status: int = 200, **headers: str) -> Reply:
    return Reply(status, _user(found).model_dump_json().encode(), headers)


def _user(found: User) -> UserResponse:
    return UserResponse(
        id=found.id,
        account=found.account,
        email=found.email,
        name=found.name,
        roles=sorted(found.roles),
        manages_users=found.manages_users,
        has_password=found.has_password,
        created_at=found.created_at,
        disabled_at=found.disabled_at,
    )
