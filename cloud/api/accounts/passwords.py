"""`/api/password`: change a password, ask for a reset by e-mail, and set one with its link.

A request for a reset has the same answer whether a user has the address or not. The mail is sent
after the answer, so that the time of the answer reveals nothing either.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from cloud.api.accounts.me import MeResponse
from cloud.api.accounts.sign_in import respond_signed_in
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.sign_in.limits import limit_address, limit_mail, limit_password
from cloud.app.sign_in.sign_in_state import get_sign_in
from cloud.auth.access import EVERYBODY, Caller, allow_roles, receive_caller
from cloud.auth.accounts.account import MAX_EMAIL
from cloud.auth.users.password import MAX_CHARACTERS, PasswordError
from cloud.auth.users.password_change import change_password, set_password_by_token
from cloud.auth.users.sessions import TOKEN_CHARACTERS

router = APIRouter(tags=["sign-in"])


class PasswordChange(BaseModel):
    """The present password and the one that replaces it."""

    present: str = Field(max_length=MAX_CHARACTERS, repr=False)
    wanted: str = Field(max_length=MAX_CHARACTERS, repr=False)


class ResetRequest(BaseModel):
    """The address of a user who has forgotten the password."""

    email: str = Field(max_length=MAX_EMAIL, examples=["ann@acme.example"])


class PasswordByToken(BaseModel):
    """The token of a link, and the password that the user chose."""

    token: str = Field(min_length=TOKEN_CHARACTERS, max_length=TOKEN_CHARACTERS, repr=False)
    password: str = Field(max_length=MAX_CHARACTERS, repr=False)


@router.put(
    "/api/password",
    response_model=MeResponse,
    dependencies=[allow_roles(*EVERYBODY)],
    responses=problem_responses(*REFUSALS, 413, 422, 500, 503),
)
async def replace_password(
    request: Request, asked: PasswordChange, caller: Annotated[Caller, Depends(receive_caller)]
) -> Response:
    """Change the password of the signed-in user; every other session of the user ends."""
    if caller.user is None:
        raise PasswordError("an API key has no password: sign in as a user")
    context, state = get_context(request), get_sign_in(request)
    now = context.clock()
    await limit_password(context.shared, caller.user, now)
    token = await run_in_threadpool(
        change_password, context.engine, state.passwords, caller.user, asked.present,
        asked.wanted, now,
    )  # fmt: skip
    return await run_in_threadpool(respond_signed_in, request, context, token)


@router.post(
    "/api/password/reset",
    status_code=202,
    response_class=Response,
    responses=problem_responses(403, 409, 413, 422, 429, 500, 503),
)
async def request_reset(request: Request, asked: ResetRequest) -> Response:
    """Send a link to the user with this address, if there is one; the answer does not say so."""
    context, mailer = get_context(request), get_sign_in(request).require_mailer()
    now = context.clock()
    await limit_mail(context.shared, request, asked.email, now)
    task = BackgroundTask(mailer.send_reset, context.engine, asked.email, now)
    return Response(status_code=202, background=task)


@router.post(
    "/api/password/token",
    status_code=204,
    response_class=Response,
    responses=problem_responses(403, 413, 422, 429, 500, 503),
)
async def set_password(request: Request, asked: PasswordByToken) -> None:
    """Set a password with the token of a link, which is used up; then sign in with it."""
    context, state = get_context(request), get_sign_in(request)
    now = context.clock()
    await limit_address(context.shared, request, now)
    await run_in_threadpool(
        set_password_by_token, context.engine, state.passwords, asked.token, asked.password, now
    )
