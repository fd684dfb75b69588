"""A user: a person of one account who signs in by e-mail address and password, or by OpenID.

Which roles a user may have follows from the kind of the account: only users of a media owner are
staff. One whose only role is `pricing` sees no objects of other accounts, since the prices of shops
belong to no account. A user of an agency or an advertiser may manage users: invite and disable
users of the same account, with the roles of its kind. Of a media owner, only the role `admin`
manages users. So only an administrator can create staff.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.auth.accounts.account import AccountKind, validate_email
from cloud.auth.keys import Role

ROLES_OF: Final = {
    AccountKind.MEDIA_OWNER: frozenset(
        {Role.SALES, Role.OPERATIONS, Role.FINANCE, Role.PRICING, Role.ADMIN}
    ),
    AccountKind.AGENCY: frozenset({Role.AGENCY}),
    AccountKind.ADVERTISER: frozenset({Role.ADVERTISER}),
}
"""Kind of account -> the roles that its users may have."""


class UserError(ValueError):
    """A user that cannot be stored or changed; the message says what to write."""


class UnknownUserError(LookupError):
    """No user with that id is visible to the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A stored user, without the hash of the password."""

    id: str
    email: str
    name: str
    account: str
    roles: frozenset[Role]
    manages_users: bool
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    can_sign_in: bool = True
    """False: a user of another account has the address; who has invited this one must not know."""

    @property
    def label(self) -> str:
        """The user in the audit log."""
        return user_label(self.name, self.id)


def user_label(name: str, user: str) -> str:
    """A user in the audit log."""
    return f"{name[:80]} (user {user})"


def normalise_email(written: str) -> str:
    """The address in the one form that is stored and compared; raises AccountError."""
    address = written.strip().lower()
    validate_email(address)
    return address


def validate_roles(
    kind: AccountKind, roles: Collection[Role], *, manages_users: bool = False
) -> None:
    """Raise UserError for no role, or for one that a user of such an account cannot have."""
    if manages_users and kind is AccountKind.MEDIA_OWNER:
        raise UserError("of a media owner, the role admin manages users: give that role instead")
    allowed = ROLES_OF[kind]
    if not roles or not allowed.issuperset(roles):
        found = ", ".join(sorted(roles)) or "no role"
        raise UserError(
            f"{found}: a user of an account of kind {kind} has one or more of "
            f"{', '.join(sorted(allowed))}"
        )
