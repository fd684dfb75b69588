"""The caller as `GET /api/me` and a sign-in describe it."""

from typing import Self

from pydantic import BaseModel, Field

from cloud.auth.access import Caller
from cloud.auth.keys import Role
from cloud.auth.users.sessions import csrf_token


class MeResponse(BaseModel):
    """The caller, and what a page needs to send changes."""

    name: str = Field(examples=["Ann Lee (user 3f2a9c1e5b7d4806a1c2e3f405162738)"])
    user: str | None = Field(description="id of the user; null for an API key")
    account: str = Field(examples=["acme"])
    clients: list[str] = Field(description="accounts that the agency acts for")
    roles: list[Role]
    sees_all: bool = Field(description="whether objects of every account are visible")
    manages_users: bool
    csrf_token: str | None = Field(
        description="send it as `X-CSRF-Token` with every change; null for an API key"
    )

    @classmethod
    def of(cls, caller: Caller, session_token: str | None) -> Self:
        """The response for a caller."""
        is_user = caller.user is not None and session_token is not None
        return cls(
            name=caller.name,
            user=caller.user,
            account=caller.account,
            clients=sorted(caller.clients),
            roles=sorted(caller.roles),
            sees_all=caller.sees_all,
            manages_users=caller.manages_users,
            csrf_token=csrf_token(session_token or "") if is_user else None,
        )
