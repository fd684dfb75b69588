"""Which refused requests are recorded in the audit log, after their answer has been sent.

- Every request answered with 403: a role that is too low, a page of another origin, the account of
  another.
- A change by an identified caller that is answered with 400, 404, 409, 412 or 422, and a tool of
  MCP that refuses a change.
- A read by a buyer that is answered with 404 and names an object of an account. Whether the object
  belongs to another account or never existed is not looked up: a caller who guesses ids is recorded
  in both cases, and the answer takes no longer in one of them.

Not recorded: 401 and 429, which the metrics count, since their caller is unknown or has a quota;
sign-in and webhooks, which have entries of their own; reads by staff, who see every account.
"""

from datetime import datetime
from typing import Any, Final

from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.app.problem import read_reason
from cloud.app.rate_card_reload import get_context
from cloud.app.server.admission import READS
from cloud.auth.access import Caller
from cloud.auth.refusal_log import Refusal, RefusalLog

FORBIDDEN: Final = 403
UNKNOWN: Final = 404
REFUSED_CHANGES: Final = frozenset({400, 404, 409, 412, 422})
UNIDENTIFIED: Final = "unidentified"
OWNED_PARAMETERS: Final = frozenset(
    {
        "account", "brand", "brief", "campaign", "creative", "creative_test", "deal", "hold",
        "invoice", "make_good", "order", "organization", "payment", "plan", "proposal", "quote",
        "user", "view",
    }
)  # fmt: skip
"""Path parameters that name an object of an account."""
ACCOUNT_QUERY: Final = b"account"
_TOOL: Final = "refused_tool"


class RefusalMiddleware:
    """Records refused requests once they are answered."""

    def __init__(self, app: ASGIApp, refusals: RefusalLog) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, answer)
        if status >= 400 or _TOOL in scope:
            await self._record(scope, status)

    async def _record(self, scope: Scope, status: int) -> None:
        if not is_recorded(scope, status):
            return
        context = get_context(HTTPConnection(scope))
        if self._refusals.add(describe_refusal(scope, status, context.clock())):
            with CancelScope(shield=True):  # nobody else writes what waits
                await run_in_threadpool(self._refusals.write_waiting, context.engine)


def is_recorded(scope: Scope, status: int) -> bool:
    """Whether a request with that answer is recorded."""
    if status == FORBIDDEN or _TOOL in scope:
        return True
    caller: Caller | None = scope.get("caller")
    if caller is None:
        return False
    if scope["method"] not in READS:
        return status in REFUSED_CHANGES and "route" in scope
    return status == UNKNOWN and not caller.sees_all and _names_owned_object(scope)


def describe_refusal(scope: Scope, status: int, at: datetime) -> Refusal:
    """What the log says about a refused request."""
    caller: Caller | None = scope.get("caller")
    parameters: dict[str, Any] = scope.get("path_params") or {}
    return Refusal(
        at=at,
        caller=UNIDENTIFIED if caller is None else caller.name,
        method=scope["method"],
        route=getattr(scope.get("route"), "path", "unmatched"),
        status=status,
        reason=scope.get(_TOOL) or read_reason(scope),
        about="/".join(map(str, parameters.values())),
    )


def note_refused_tool(scope: Scope, tool: str, reason: str) -> None:
    """Have the call of a tool of MCP recorded, whose answer has the status 200."""
    scope[_TOOL] = f"{tool}:{reason}"


def _names_owned_object(scope: Scope) -> bool:
    parameters: dict[str, Any] = scope.get("path_params") or {}
    asked: bytes = scope["query_string"]
    names = (one.partition(b"=")[0] for one in asked.split(b"&"))
    return not OWNED_PARAMETERS.isdisjoint(parameters) or ACCOUNT_QUERY in names
