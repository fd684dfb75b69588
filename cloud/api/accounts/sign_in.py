"""`/api/sign-in`, `/api/sign-out`, `/api/me`: sessions of users.

A sign-in is refused with the same words and after the same time whatever was wrong. Its session has
a new token: a token that was set in the browser before is never taken over.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.accounts.me import MeResponse
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.sign_in.limits import client_address, limit_sign_in
from cloud.app.sign_in.sign_in_state import RATE_LIMITED, get_sign_in
from cloud.auth.access import (
    EVERYBODY,
    AccessError,
    Caller,
    RateLimited,
    allow_roles,
    find_user_caller,
    receive_caller,
)
from cloud.auth.accounts.account import MAX_EMAIL
from cloud.auth.session_cookie import (
    delete_session_cookie,
    read_session_token,
    set_session_cookie,
)
from cloud.auth.users.password import MAX_CHARACTERS
from cloud.auth.users.sign_in import SignInResult, sign_in, sign_out

NO_STORE = {"cache-control": "no-store"}

router = APIRouter(tags=["sign-in"])
SignedIn = Annotated[Caller, Depends(receive_caller)]


class SignInRefused(AccessError):  # noqa: N818 - reads as what happened
    """No user was identified; what was wrong is not said."""

    def __init__(self, sentence: str = "e-mail address or password is not right") -> None:
        super().__init__(sentence)


class SignInRequest(BaseModel):
    """The credentials of a user."""

    email: str = Field(max_length=MAX_EMAIL, examples=["ann@acme.example"])
    password: str = Field(max_length=MAX_CHARACTERS, repr=False)


class SignInWays(BaseModel):
    """How users of this server may sign in."""

    openid: bool = Field(description="whether an OpenID provider is configured")
    reset_by_mail: bool = Field(description="whether a new password can be asked for by e-mail")


@router.get("/api/sign-in", response_model=SignInWays, responses=problem_responses(500))
async def get_sign_in_ways(request: Request) -> SignInWays:
    """Say how users may sign in."""
    options = get_sign_in(request).options
    return SignInWays(openid=options.openid is not None, reset_by_mail=options.mailer is not None)


@router.post(
    "/api/sign-in",
    response_model=MeResponse,
    responses=problem_responses(401, 403, 413, 422, 429, 500, 503),
)
async def create_session(request: Request, asked: SignInRequest) -> Response:
    """Sign in with a password; the answer sets the cookie of the session."""
    context, state = get_context(request), get_sign_in(request)
    now = context.clock()
    try:
        await limit_sign_in(context.shared, request, asked.email, now)
    except RateLimited:
        state.sign_ins.labels("password", RATE_LIMITED).inc()
        raise
    found = await run_in_threadpool(
        sign_in, context.engine, state.passwords, asked.email, asked.password, now
    )
    state.sign_ins.labels("password", found.outcome).inc()
    if found.token is None:
        await run_in_threadpool(record_failure, request, found)
        raise SignInRefused
    return await run_in_threadpool(respond_signed_in, request, context, found.token)


@router.post(
    "/api/sign-out",
    status_code=204,
    response_class=Response,
    dependencies=[allow_roles(*EVERYBODY)],
    responses=problem_responses(*REFUSALS, 500, 503),
)
async def end_session(request: Request, caller: SignedIn) -> Response:
    """End the session of the cookie; without effect for an API key."""
    context, token = get_context(request), read_session_token(request)
    if caller.user is not None and token is not None:
        await run_in_threadpool(
            sign_out, context.engine, token, caller.user, caller.name, context.clock()
        )
    response = Response(status_code=204)
    delete_session_cookie(request, response)
    return response


@router.get(
    "/api/me",
    response_model=MeResponse,
    dependencies=[allow_roles(*EVERYBODY)],
    responses=problem_responses(*REFUSALS, 500, 503),
)
async def get_me(request: Request, caller: SignedIn) -> Response:
    """Describe the caller; a page reads its token for changes here."""
    me = MeResponse.of(caller, read_session_token(request))
    return Response(me.model_dump_json(), headers=NO_STORE, media_type="application/json")


def respond_signed_in(request: Request, context: AppContext, token: str) -> Response:
    """The caller of a session that has just started, with its cookie."""
    caller = find_user_caller(context.engine, token, context.clock())
    if caller is None:  # the user was disabled meanwhile
        raise SignInRefused
    body = MeResponse.of(caller, token).model_dump_json()
    response = Response(body, headers=NO_STORE, media_type="application/json")
    set_session_cookie(request, response, token)
    return response


def record_failure(request: Request, found: SignInResult) -> None:
    """Record a failed sign-in in the audit log, at a bounded rate."""
    context = get_context(request)
    failures = get_sign_in(request).failures
    failures.record(context.engine, found, client_address(request), context.clock())
