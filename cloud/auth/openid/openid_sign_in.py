"""The user of an OpenID identity: found by subject, and bound by verified address the first time.

A provider creates no users: only a user who was invited can sign in. An address can be given to
another person later, a subject cannot, so after the first sign-in only the subject counts.
"""

import hashlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, update

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import accounts
from cloud.auth.openid.id_token import Identity
from cloud.auth.users.sign_in import SignInOutcome, SignInResult, open_session
from cloud.auth.users.user import normalise_email
from cloud.auth.users.user_store import BIND_OPENID, require_user, users

METHOD: Final = "openid"


def sign_in_identity(engine: Engine, identity: Identity, now: datetime) -> SignInResult:
    """Start a session for the user of a verified identity."""
    with database.writing(engine) as connection:
        row = _find(connection, users.c.openid_subject == subject_digest(identity))
        is_bound = row is not None
        if row is None and identity.email is not None:
            row = _find_by_address(connection, identity.email)
        if row is None:
            return SignInResult(SignInOutcome.UNKNOWN_USER)
        if row.disabled_at is not None or row.closed_at is not None:
            return SignInResult(SignInOutcome.NOT_ALLOWED, row.id)
        if not is_bound:
            _bind(connection, row.id, identity, now)
        token = open_session(connection, row.id, METHOD, now)
    return SignInResult(SignInOutcome.SIGNED_IN, row.id, token)


def subject_digest(identity: Identity) -> str:
    """A subject of one issuer, as the column has it."""
    return hashlib.sha256(f"{identity.issuer} {identity.subject}".encode()).hexdigest()


def _find_by_address(connection: Connection, email: str) -> Any:
    """The user with this address, if no identity was bound yet."""
    try:
        address = normalise_email(email)
    except AccountError:
        return None
    return _find(connection, (users.c.email == address) & users.c.openid_subject.is_(None))


def _find(connection: Connection, condition: Any) -> Any:
    columns = (users.c.id, users.c.disabled_at, accounts.c.closed_at)
    wanted = select(*columns).join_from(users, accounts, accounts.c.id == users.c.account)
    return connection.execute(wanted.where(condition)).one_or_none()


def _bind(connection: Connection, user: str, identity: Identity, now: datetime) -> None:
    digest = subject_digest(identity)
    connection.execute(update(users).where(users.c.id == user).values(openid_subject=digest))
    by = require_user(connection, user).label
    details = {"issuer": identity.issuer, "subject": digest}
    audit.record_change(
        connection, at=now, actor=by, action=BIND_OPENID, about=user, details=details
    )
