"""Which users may be notified of an event: those who may see its object.

That is the users of the account that owns it, the users of the agency that acts for the account,
and staff whose role reads such objects. An event of no single account is for the buyers of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, true

from cloud.auth.access import STAFF_ROLES
from cloud.auth.accounts.account import AccountKind
from cloud.auth.accounts.account_store import accounts
from cloud.auth.users.user_store import decode_roles, users
from cloud.notifications.event import NoticeEvent
from cloud.notifications.kinds import STAFF_ROLES_OF, NoticeTopic


@dataclass(frozen=True, slots=True)
class NoticeReader:
    """A user who may be notified."""

    user: str
    is_staff: bool


def find_readers(connection: Connection, event: NoticeEvent) -> Sequence[NoticeReader]:
    """The users who may be notified of an event, whatever they have chosen."""
    if event.user is not None:
        return _read(connection, users.c.id == event.user, None)
    staff = accounts.c.kind == AccountKind.MEDIA_OWNER.value
    if event.account is None:
        return _read(connection, true(), event.kind)
    agency = select(accounts.c.agency).where(accounts.c.id == event.account).scalar_subquery()
    theirs = or_(accounts.c.id == event.account, accounts.c.id == agency, staff)
    return _read(connection, theirs, event.kind)


def _read(
    connection: Connection, condition: ColumnElement[bool], kind: NoticeTopic | None
) -> Sequence[NoticeReader]:
    wanted = (
        select(users.c.id, users.c.roles)
        .join(accounts, accounts.c.id == users.c.account)
        .where(condition, users.c.disabled_at.is_(None), accounts.c.closed_at.is_(None))
        .order_by(users.c.id)
    )
    found = (_reader(row, kind) for row in connection.execute(wanted))
    return [reader for reader in found if reader is not None]


def _reader(row: Any, kind: NoticeTopic | None) -> NoticeReader | None:
    roles = decode_roles(row.roles)
    is_staff = not roles.isdisjoint(STAFF_ROLES)
    if is_staff and kind is not None and roles.isdisjoint(STAFF_ROLES_OF[kind]):
        return None
    return NoticeReader(row.id, is_staff)
