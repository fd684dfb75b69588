"""Who may ask what: every resource names the roles it is open to, and is closed to all others.

What has been looked up is believed for half a minute, so a revoked key works that much longer.
Without keys (`--access open`, only on a loopback address unless asked for) everybody may ask.
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
STAFF_ROLES: Final = frozenset({Role.SALES, Role.ADMIN})
"""Roles of the media owner: they see the plans of every advertiser."""

_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="a key as it was given out")
_bearer = HTTPBearer(auto_error=False, description="the same key as a bearer token")


class AccessError(Exception):
    """A question that is not answered for who asks it; `headers` go with the refusal."""

    def __init__(self, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Unauthenticated(AccessError):  # noqa: N818 - reads as what happened
    """Nobody that is known."""


class Forbidden(AccessError):  # noqa: N818 - reads as what happened
    """Somebody who is known, at the wrong door."""


class RateLimited(AccessError):  # noqa: N818 - reads as what happened
    """More questions than the quota."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: as the audit names him, whose things are his own, and whether he sees all."""

    name: str
    account: str
    sees_all: bool


ANONYMOUS: Final = Caller("anonymous, no API keys exist", "-", sees_all=True)
"""Where no keys are wanted; no key can be of that account."""


class Authenticator:
    """Looks keys up, believes them for a while, and counts what each asks."""

    def __init__(self, engine: Engine, quota: Quota, limiter: RateLimiter) -> None:
        self._engine = engine
        self._quota = quota
        self._limiter = limiter
        self._believed: LruCache[tuple[datetime, ApiKey | None]] = LruCache(MAX_CACHED)

    async def admit(self, shown: str | None, now: datetime) -> tuple[ApiKey, QuotaDecision]:
        """Let a caller ask one question, whatever it is, or raise AccessError."""
        key = await self.require_valid_key(shown, now)
        decision = await self._limiter.take(key.id, self._quota, now)
        if not decision.allowed:
            raise RateLimited(
                f"more than {self._quota.questions} questions in {self._quota.period}",
                Retry_After=str(math.ceil(decision.retry_after.total_seconds())),
                RateLimit=decision.written,
                RateLimit_Policy=self._quota.policy,
            )
        return key, decision

    async def require_valid_key(self, shown: str | None, now: datetime) -> ApiKey:
        """The key that was shown, if it is in force; else raise NotKnown. Counts nothing."""
        key = await self._looked_up(shown, now) if shown else None
        if key is None or not key.is_valid(now):
            raise Unauthenticated(
                "no key that is in force was shown: send it as X-API-Key; "
                "`python -m cloud keys create --role sales --owner NAME` makes one",
                WWW_Authenticate="Bearer",
            )
        return key

    def headers(self, decision: QuotaDecision) -> list[tuple[bytes, bytes]]:
        """What an answer says about the quota."""
        return [
            (b"ratelimit-policy", self._quota.policy.encode()),
            (b"ratelimit", decision.written.encode()),
        ]

    async def _looked_up(self, shown: str, now: datetime) -> ApiKey | None:
        digest = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest()
        held = self._believed.get(digest)
        if held is not None and held[0] <= now < held[0] + CACHE_FOR:
            return held[1]
        key = await run_in_threadpool(find_key, self._engine, shown)
        self._believed.put(digest, (now, key))
        return key


class Scope:
    """Lets only its roles pass. Who asks was found out, and counted, at the `Entrance`."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles

    async def __call__(
        self,
        request: Request,
        _named: Annotated[str | None, Depends(_header)] = None,
        _borne: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    ) -> None:
        """Pass, or raise AccessError; the two ways to show a key are here for the reference."""
        require_role(request, self.roles)


def allow_roles(*roles: Role) -> Any:
    """A dependency that lets only these roles pass; `admin` always passes."""
    return Depends(Scope(frozenset({*roles, Role.ADMIN})))


def require_role(connection: HTTPConnection, roles: frozenset[Role]) -> None:
    """Raise NotAllowed for a key of none of the roles; without keys everybody may."""
    if connection.app.state.authenticator is None:
        return
    role: Role = connection.scope["role"]
    if role not in roles:
        raise Forbidden(
            f"a key for {role} does not open this: it is for {', '.join(sorted(roles))}"
        )


def read_key(connection: HTTPConnection) -> str | None:
    """The key that a request shows in its headers.

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
    """Pass the door of a request that failed before it: bodies are read first, doors come after.

    Raises:
        AccessError: who asked may not know what was wrong with the body.
    """
    dependant = getattr(request.scope.get("route"), "dependant", None)
    for dependency in dependant.dependencies if dependant else ():
        if isinstance(dependency.call, Scope):
            await dependency.call(request)


def get_caller(request: Request) -> Caller:
    """Who asks. A route that depends on this has answers that belong to somebody."""
    found: Caller = request.scope.get("caller", ANONYMOUS)
    return found


def caller_name(request: Request) -> str:
    """Who asks, as the audit names them."""
    return get_caller(request).name


EVERYBODY: Final = tuple(Role)
