"""Bodies and answers of the routes of users."""

from datetime import datetime

from pydantic import BaseModel, Field

from cloud.api.accounts.account_models import TEXT
from cloud.auth.keys import ACCOUNT_PATTERN, Role


class UserRoles(BaseModel):
    """What a user may do."""

    roles: list[Role] = Field(max_length=len(Role))
    manages_users: bool = False


class NewUser(UserRoles):
    """A user to invite."""

    account: str = Field(pattern=ACCOUNT_PATTERN, examples=["acme"])
    email: str = Field(max_length=TEXT, examples=["ann@acme.example"])
    name: str = Field(max_length=TEXT, examples=["Ann Lee"])


class UserResponse(NewUser):
    """A user."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    has_password: bool = Field(description="false: the invitation was not accepted yet")
    created_at: datetime
    disabled_at: datetime | None = Field(description="null: may sign in")


class UsersResponse(BaseModel):
    """One page, in the order of the ids."""

    users: list[UserResponse]
    next: str | None = Field(description="`after` of the next page; null on the last")
