"""Authentication and authorization: every route names the roles that may call it.

A key that was looked up is cached for half a minute, so a revoked key stays valid that much longer.
Without keys (`--access open`, by default only on a loopback address) every caller is allowed.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cloud.auth.keys import KEY_PREFIX, ApiKey, Role, find_key
from cloud.auth.quota import Quota, QuotaDecision, RateLimiter
from cloud.lru_cache import LruCache

CACHE_FOR: Final = timedelta(seconds=30)
MAX_CACHED: Final = 10_000
STAFF_ROLES: Final = frozenset({Role.SALES, Role.OPERATIONS, Role.FINANCE, Role.ADMIN})
"""Roles of the media owner: they see the objects of every account."""
BUYER_ROLES: Final = (Role.SALES, Role.ADVERTISER, Role.AGENCY)
"""Roles that ask for prices and plans, for themselves or for a client."""

_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="an API key")
_bearer = HTTPBearer(auto_error=False, description="the same key as a bearer token")


class AccessError(Exception):
    """A request that is refused to its caller; the answer has `headers`."""

    def __init__(self, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Unauthenticated(AccessError):  # noqa: N818 - reads as what happened
    """No valid key was sent."""


class Forbidden(AccessError):  # noqa: N818 - reads as what happened
    """The role of the key does not allow the request."""


class RateLimited(AccessError):  # noqa: N818 - reads as what happened
    """The quota is used up."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: the name in the audit log, the account, and whether all accounts are visible."""

    name: str
    account: str
    sees_all: bool


ANONYMOUS: Final = Caller("anonymous, no API keys exist", "-", sees_all=True)
"""The caller where no keys are required; no key can have that account."""


class Authenticator:
    """Validates keys, caches them for a while, and counts the requests of each."""

    def __init__(self, engine: Engine, quota: Quota, limiter: RateLimiter) -> None:
        self._engine = engine
        self._quota = quota
        self._limiter = limiter
        self._cached: LruCache[tuple[datetime, ApiKey | None]] = LruCache(MAX_CACHED)

    async def admit(self, shown: str | None, now: datetime) -> tuple[ApiKey, QuotaDecision]:
        """Validate the key and count one request of it, or raise AccessError."""
        key = await self.require_valid_key(shown, now)
        decision = await self._limiter.take(key.id, self._quota, now)
        if not decision.allowed:
            raise RateLimited(
                f"more than {self._quota.questions} requests in {self._quota.period}: send the "
                "next one after the seconds in Retry-After",
                Retry_After=str(math.ceil(decision.retry_after.total_seconds())),
                RateLimit=decision.written,
                RateLimit_Policy=self._quota.policy,
            )
        return key, decision

    async def require_valid_key(self, shown: str | None, now: datetime) -> ApiKey:
        """The key that was sent, if it is valid; else raise Unauthenticated. Counts nothing."""
        key = await self._looked_up(shown, now) if shown else None
        if key is None or not key.is_valid(now):
            raise Unauthenticated(
                "no valid key was sent: send one as X-API-Key; "
                "`python -m cloud keys create --role sales --owner NAME` creates one",
                WWW_Authenticate="Bearer",
            )
        return key

    def headers(self, decision: QuotaDecision) -> list[tuple[bytes, bytes]]:
        """The headers of an answer about the quota."""
        return [
            (b"ratelimit-policy", self._quota.policy.encode()),
            (b"ratelimit", decision.written.encode()),
        ]

    async def _looked_up(self, shown: str, now: datetime) -> ApiKey | None:
        digest = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest()
        held = self._cached.get(digest)
        if held is not None and held[0] <= now < held[0] + CACHE_FOR:
            return held[1]
        key = await run_in_threadpool(find_key, self._engine, shown)
        self._cached.put(digest, (now, key))
        return key


class Scope:
    """Allows only its roles. `AdmissionMiddleware` has authenticated and counted the caller."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles

    async def __call__(
        self,
        request: Request,
        _named: Annotated[str | None, Depends(_header)] = None,
        _borne: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    ) -> None:
        """Raise AccessError for other roles; the parameters document the two ways to send a key."""
        require_role(request, self.roles)


def allow_roles(*roles: Role) -> Any:
    """A dependency that allows only these roles and `admin`."""
    return Depends(Scope(frozenset({*roles, Role.ADMIN})))


def require_role(connection: HTTPConnection, roles: frozenset[Role]) -> None:
    """Raise Forbidden for a key of another role; without keys every caller is allowed."""
    if connection.app.state.authenticator is None:
        return
    role: Role = connection.scope["role"]
    if role not in roles:
        raise Forbidden(
            f"a key with the role {role} is not allowed here: use one of {', '.join(sorted(roles))}"
        )


def read_key(connection: HTTPConnection) -> str | None:
    """The key in the headers of a request.

    A browser cannot add headers to a WebSocket: there the key may be one of the subprotocols that
    it offers, beside `onlooker`.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    offered = connection.scope.get("subprotocols", ())
    return (
        connection.headers.get("x-api-key")
        or (token.strip() if scheme.lower() == "bearer" else None)
        or next((one for one in offered if one.startswith(KEY_PREFIX)), None)
    )


async def require_route_scope(request: Request) -> None:
    """Check the scope of a request whose body was invalid: FastAPI reads bodies before scopes.

    Raises:
        AccessError: the caller may not learn what is wrong with the body.
    """
    dependant = getattr(request.scope.get("route"), "dependant", None)
    for dependency in dependant.dependencies if dependant else ():
        if isinstance(dependency.call, Scope):
            await dependency.call(request)


def get_caller(request: Request) -> Caller:
    """The caller. A route that depends on this has answers of one account."""
    found: Caller = request.scope.get("caller", ANONYMOUS)
    return found


def caller_name(request: Request) -> str:
    """The name of the caller in the audit log."""
    return get_caller(request).name


EVERYBODY: Final = tuple(Role)
