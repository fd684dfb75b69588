"""Authentication and authorization: every route names the roles that may call it.

A caller sends an API key, or is a user whose browser sends a session cookie. A key that was looked
up is cached for half a minute, so a revoked key stays valid that much longer; a session is read
with every request. Without keys (`--access open`, by default only on a loopback address) every
caller is allowed.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Protocol, TypeVar

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cloud import database
from cloud.auth.accounts.account_store import read_account, read_clients
from cloud.auth.keys import KEY_PREFIX, ApiKey, Role, find_key
from cloud.auth.quota import Quota, QuotaDecision, RateLimiter
from cloud.auth.session_cookie import read_session_token
from cloud.auth.users.sessions import find_session, touch_session
from cloud.lru_cache import LruCache

CACHE_FOR: Final = timedelta(seconds=30)
MAX_CACHED: Final = 10_000
STAFF_ROLES: Final = frozenset({Role.SALES, Role.OPERATIONS, Role.FINANCE, Role.ADMIN})
"""Roles of the media owner that see the objects of every account.

`pricing` is none of them: it reads and sets the prices of shops, which belong to no account.
"""
RETAIL_ROLES: Final = (Role.PRICING,)
"""Roles that read and set the prices of shops."""
BUYER_ROLES: Final = (Role.SALES, Role.ADVERTISER, Role.AGENCY)
"""Roles that ask for prices and plans, for themselves or for a client."""

_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="an API key")
_bearer = HTTPBearer(auto_error=False, description="the same key as a bearer token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request has to identify its caller."""

    key: str | None
    session: str | None


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
    """The caller: the name in the audit log, the account, and what is visible and allowed."""

    name: str
    account: str
    sees_all: bool
    roles: frozenset[Role] = frozenset()
    clients: frozenset[str] = frozenset()
    """Accounts that the caller's agency acts for."""
    user: str | None = None
    """The signed-in user; None for an API key."""
    manages_users: bool = False
    quota_id: str = ""
    """Whose requests are counted together: the key, or the user."""

    def may_see(self, account: str) -> bool:
        """Whether objects of an account exist for this caller."""
        return self.sees_all or account == self.account or account in self.clients

    @property
    def accounts(self) -> frozenset[str] | None:
        """The accounts whose objects exist for this caller; None means all."""
        return None if self.sees_all else self.clients | {self.account}

    def narrow(self, account: str | None) -> frozenset[str] | None:
        """The same for one account of them; no account where the caller may not see that one."""
        if account is None:
            return self.accounts
        return frozenset({account}) if self.may_see(account) else frozenset()


ANONYMOUS: Final = Caller(
    "anonymous, no API keys exist", "-", sees_all=True, roles=frozenset(Role), manages_users=True
)
"""The caller where no keys are required; no key can have that account."""


@dataclass(frozen=True, slots=True)
class _KeyHolder:
    """A stored key, valid or not, and the caller that it identifies."""

    key: ApiKey
    caller: Caller


class Owned(Protocol):
    """An object that belongs to an account."""

    @property
    def account(self) -> str:
        """Its owner."""


OwnedObject = TypeVar("OwnedObject", bound=Owned)


def require_visible(caller: Caller, found: OwnedObject | None, unknown: Exception) -> OwnedObject:
    """The object, if there is one and the caller may see its account; else raise `unknown`.

    An object of another account is so answered with the words for one that does not exist.
    """
    if found is None or not caller.may_see(found.account):
        raise unknown
    return found


class Authenticator:
    """Validates keys and sessions, caches keys for a while, and counts requests."""

    def __init__(self, engine: Engine, quota: Quota, limiter: RateLimiter) -> None:
        self._engine = engine
        self._quota = quota
        self._limiter = limiter
        self._cached: LruCache[tuple[datetime, _KeyHolder | None]] = LruCache(MAX_CACHED)

    async def admit(self, shown: Credentials, now: datetime) -> tuple[Caller, QuotaDecision]:
        """Identify the caller and count one request, or raise AccessError."""
        caller = await self.identify(shown, now)
        decision = await self._limiter.take(caller.quota_id, self._quota, now)
        if not decision.allowed:
            raise RateLimited(
                f"more than {self._quota.questions} requests in {self._quota.period}: send the "
                "next one after the seconds in Retry-After",
                Retry_After=str(math.ceil(decision.retry_after.total_seconds())),
                RateLimit=decision.written,
                RateLimit_Policy=self._quota.policy,
            )
        return caller, decision

    async def identify(self, shown: Credentials, now: datetime) -> Caller:
        """The caller of a valid key or session; else raise Unauthenticated. Counts nothing.

        A key that was sent decides: a session is read only where there is none.
        """
        if shown.key:
            holder = await self._looked_up(shown.key, now)
            caller = holder.caller if holder is not None and holder.key.is_valid(now) else None
        elif shown.session:
            caller = await run_in_threadpool(find_user_caller, self._engine, shown.session, now)
        else:
            caller = None
        if caller is None:
            raise Unauthenticated(
                "no valid key was sent: send one as X-API-Key, or sign in; "
                "`python -m cloud keys create --role sales --owner NAME` creates one",
                WWW_Authenticate="Bearer",
            )
        return caller

    def headers(self, decision: QuotaDecision) -> list[tuple[bytes, bytes]]:
        """The headers of an answer about the quota."""
        return [
            (b"ratelimit-policy", self._quota.policy.encode()),
            (b"ratelimit", decision.written.encode()),
        ]

    async def _looked_up(self, shown: str, now: datetime) -> _KeyHolder | None:
        digest = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest()
        held = self._cached.get(digest)
        if held is not None and held[0] <= now < held[0] + CACHE_FOR:
            return held[1]
        holder = await run_in_threadpool(_find_key_holder, self._engine, shown)
        self._cached.put(digest, (now, holder))
        return holder


def _find_key_holder(engine: Engine, shown: str) -> _KeyHolder | None:
    """The holder of a key; None for a key of a closed account too."""
    key = find_key(engine, shown)
    if key is None:
        return None
    with database.reading(engine) as connection:
        account = read_account(connection, key.account)
        clients = read_clients(connection, key.account) if key.role is Role.AGENCY else frozenset()
    if account is not None and not account.is_open:
        return None
    roles = frozenset({key.role})
    caller = Caller(
        f"{key.owner} (key {key.id})", key.account, sees_all=not roles.isdisjoint(STAFF_ROLES),
        roles=roles, clients=clients, manages_users=key.role is Role.ADMIN, quota_id=key.id,
    )  # fmt: skip
    return _KeyHolder(key, caller)


def find_user_caller(engine: Engine, token: str, now: datetime) -> Caller | None:
    """The caller of a session; stores from time to time that the session is used."""
    with database.reading(engine) as connection:
        session = find_session(connection, token, now)
    if session is None:
        return None
    if session.needs_touch(now):
        with database.writing(engine) as connection:
            touch_session(connection, token, now)
    is_staff = not session.roles.isdisjoint(STAFF_ROLES)
    return Caller(
        session.label, session.account, sees_all=is_staff, roles=session.roles,
        clients=session.clients, user=session.user,
        manages_users=Role.ADMIN in session.roles if is_staff else session.manages_users,
        quota_id=f"user:{session.user}",
    )  # fmt: skip


class Scope:
    """Allows only its roles. `AdmissionMiddleware` has authenticated and counted the caller."""

    def __init__(self, roles: frozenset[Role], *, managers_only: bool = False) -> None:
        self.roles = roles
        self._managers_only = managers_only

    async def __call__(
        self,
        request: Request,
        _named: Annotated[str | None, Depends(_header)] = None,
        _borne: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    ) -> None:
        """Raise AccessError for other roles; the parameters document the two ways to send a key."""
        require_role(request, self.roles)
        if self._managers_only and not get_caller(request).manages_users:
            raise Forbidden("only a caller who manages users is allowed here")


def allow_roles(*roles: Role) -> Any:
    """A dependency that allows only these roles and `admin`."""
    return Depends(Scope(frozenset({*roles, Role.ADMIN})))


def allow_managers_of_users() -> Any:
    """A dependency that allows only callers who manage the users of their account."""
    return Depends(Scope(frozenset(Role), managers_only=True))


def require_role(connection: HTTPConnection, roles: frozenset[Role]) -> None:
    """Raise Forbidden for a caller of other roles; without keys every caller is allowed."""
    if connection.app.state.authenticator is None:
        return
    caller: Caller = connection.scope["caller"]
    if caller.roles.isdisjoint(roles):
        raise Forbidden(
            f"a caller with the role {' and '.join(sorted(caller.roles))} is not allowed here: use "
            f"one of {', '.join(sorted(roles))}"
        )


def read_credentials(connection: HTTPConnection) -> Credentials:
    """The key and the session token that a request has."""
    return Credentials(read_key(connection), read_session_token(connection))


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
    """The caller."""
    found: Caller = request.scope.get("caller", ANONYMOUS)
    return found


async def receive_caller(request: Request) -> Caller:
    """The caller. A route that depends on this has answers of one account.

    FastAPI runs dependencies that are not asynchronous in a thread.
    """
    return get_caller(request)


def caller_name(request: Request) -> str:
    """The name of the caller in the audit log."""
    return get_caller(request).name


EVERYBODY: Final = tuple(Role)
