"""`/api/sign-in/openid`: sign in with the configured OpenID provider.

The browser is sent to the provider with random values that stay in a cookie for ten minutes. It
comes back with a code, which works for that browser only.
"""

import logging
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from cloud.api.accounts.sign_in import SignInRefused, record_failure
from cloud.app.problem import problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.sign_in.limits import limit_address
from cloud.app.sign_in.openid_provider import CALLBACK, OpenIdProvider
from cloud.app.sign_in.sign_in_state import get_sign_in
from cloud.auth.openid.authorization import AuthorizationFlow
from cloud.auth.openid.id_token import IdTokenError
from cloud.auth.openid.openid_sign_in import METHOD, sign_in_identity
from cloud.auth.session_cookie import read_cookie, set_cookie, set_session_cookie
from cloud.auth.users.sign_in import SignInOutcome, SignInResult

log = logging.getLogger(__name__)
COOKIE: Final = "__Host-onlooker-openid"
LOOPBACK_COOKIE: Final = "onlooker-openid"
LIFETIME: Final = timedelta(minutes=10)
MAX_CODE: Final = 2_000
REFUSED: Final = (
    "the provider did not identify a user of this server: try again, or ask for an invitation"
)

router = APIRouter(tags=["sign-in"])


class OpenIdNotConfigured(RuntimeError):  # noqa: N818 - reads as what happened
    """No provider was named when the server was started."""

    def __init__(self) -> None:
        super().__init__("no OpenID provider is configured: start `serve` with --openid-issuer")


@router.get(
    "/api/sign-in/openid",
    status_code=302,
    response_class=Response,
    responses=problem_responses(409, 429, 500, 503),
)
async def begin_openid(request: Request) -> Response:
    """Send the browser to the provider."""
    context, provider = get_context(request), _require_provider(request)
    now, flow = context.clock(), AuthorizationFlow.new()
    await limit_address(context.shared, request, now)
    response = RedirectResponse(await run_in_threadpool(provider.begin, flow, now), 302)
    set_cookie(request, response, COOKIE, LOOPBACK_COOKIE, str(flow), LIFETIME)
    return response


@router.get(
    CALLBACK,
    status_code=302,
    response_class=Response,
    responses=problem_responses(401, 409, 422, 429, 500, 503),
)
async def finish_openid(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=MAX_CODE)] = "",
    iss: Annotated[str | None, Query(max_length=500, description="RFC 9207")] = None,
) -> Response:
    """Accept the code that the provider gave to the browser, and start a session."""
    context, sign_in = get_context(request), get_sign_in(request)
    provider, now = _require_provider(request), context.clock()
    await limit_address(context.shared, request, now)
    flow = AuthorizationFlow.read(read_cookie(request, COOKIE, LOOPBACK_COOKIE))
    is_ours = flow is not None and flow.has_state(state) and iss in (None, provider.issuer)

    def finish() -> SignInResult:
        if flow is None or not (is_ours and code):
            return SignInResult(SignInOutcome.INVALID_TOKEN)
        try:
            identity = provider.identify(code, flow, now)
        except IdTokenError as error:
            log.warning("openid.refused", extra={"reason": str(error)})
            return SignInResult(SignInOutcome.INVALID_TOKEN)
        return sign_in_identity(context.engine, identity, now)

    found = await run_in_threadpool(finish)
    sign_in.sign_ins.labels(METHOD, found.outcome).inc()
    if found.token is None:
        await run_in_threadpool(record_failure, request, found)
        raise SignInRefused(REFUSED)
    response = RedirectResponse("/", 302)
    set_session_cookie(request, response, found.token)
    set_cookie(request, response, COOKIE, LOOPBACK_COOKIE, "", timedelta(0))
    return response


def _require_provider(request: Request) -> OpenIdProvider:
    provider = get_sign_in(request).options.openid
    if provider is None:
        raise OpenIdNotConfigured
    return provider
