"""What every change of an order needs: the transaction, the terms, who acts, and the time."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.auth.keys import Role
from cloud.booking.order_store import add_versions
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import find_order, read_lines, unknown_order, write_lines
from cloud.booking.orders.policy import BookingPolicy
from cloud.booking.sale_limits import find_site
from cloud.booking.transitions import LineAction, next_status
from cloud.booking.version_digest import read_last_digest
from cloud.sites.sites import Sites

STAFF: Final = frozenset({Role.SALES, Role.FINANCE, Role.ADMIN})
USER: Final = " (user "
MEANS: Final = re.compile(r" \((?:(?:key|user) [^()]*|command line)\)\Z")
"""What follows the name of a person in the audit log: the key, user or program."""
ReadPaid = Callable[[Connection, str, str], int]
"""What an account has paid, less refunds, in minor units of a currency."""
FindReady = Callable[[Connection, Sequence[BookedLine]], Collection[str]]
"""The ids of those lines whose creatives are approved."""


class NotAllowedError(Exception):
    """An action that the role of the caller does not allow."""


def is_same_person(name: str, other: str | None) -> bool:
    """Whether two names in the audit log may be of one person.

    A person may have several keys, and be a user too: only two users differ by their ids.
    """
    if other is None or (USER in name and USER in other):
        return name == other
    return MEANS.sub("", name) == MEANS.sub("", other)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name in the audit log, the visible accounts (None: all), and the roles."""

    name: str
    accounts: frozenset[str] | None
    roles: frozenset[Role]

    @property
    def is_staff(self) -> bool:
        """Whether they work for the media owner's sales."""
        return not STAFF.isdisjoint(self.roles)


SYSTEM: Final = Actor("onlooker", None, frozenset({Role.ADMIN}))
"""Changes that follow from the clock."""


def find_with_creatives(_connection: Connection, lines: Sequence[BookedLine]) -> Collection[str]:
    """Lines that have a creative."""
    return {line.line_id for line in lines if line.creatives}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWork:
    """One transaction that changes orders."""

    connection: Connection
    sites: Sites
    policy: BookingPolicy
    actor: Actor
    now: datetime
    read_paid: ReadPaid = lambda _connection, _account, _currency: 0
    find_ready: FindReady = find_with_creatives

    def lock_order(self, order_id: str) -> Order:
        """An order that the actor sees, locked; raises UnknownOrderError."""
        return find_order(self.connection, order_id, self.actor.accounts, lock=True)

    def require_staff(self, what: str) -> None:
        """Raise NotAllowedError for a buyer."""
        if not self.actor.is_staff:
            raise NotAllowedError(f"{what} is for the roles {', '.join(sorted(STAFF))}")

    def choose_lines(
        self, order: Order, line_ids: Sequence[str] | None = None
    ) -> tuple[BookedLine, ...]:
        """Lines of an order by their ids, or all; raises UnknownOrderError."""
        every = read_lines(self.connection, [order.id])
        if line_ids is None:
            return every
        chosen = tuple(line for line in every if line.line_id in {*line_ids})
        missing = {*line_ids} - {line.line_id for line in chosen}
        if missing:
            raise unknown_order(min(missing))
        return chosen

    def move(self, line: BookedLine, action: LineAction, **changes: Any) -> BookedLine:
        """The line in its next state; raises TransitionError, ReasonRequiredError."""
        reason, expires_at = changes.get("reason"), changes.get("expires_at")
        status = next_status(line.booking_status, action, reason=reason, expires_at=expires_at)
        values: dict[str, Any] = {"reason": None, "expires_at": None, **changes}
        return replace(
            line, booking_status=status, changed_by=self.actor.name, changed_at=self.now, **values
        )

    def store_lines(
        self, order: Order, lines: Sequence[BookedLine], action: str, **details: Any
    ) -> None:
        """Store lines with their next versions, and the entry in the audit log, which comes last.

        The digest of all versions is continued from the last entry that has one.
        """
        if not lines:
            return
        write_lines(self.connection, lines)
        audit.lock_log(self.connection)
        before = read_last_digest(self.connection)
        versions = [line.to_version(order, self._zone_of(line)) for line in lines]
        load = add_versions(self.connection, versions, at=self.now, before=before)
        self.record(
            action,
            order.id,
            account=order.account,
            lines={line.line_id: [line.booking_status, line.cost_minor] for line in lines},
            rows=load.rows,
            **details,
        )

    def record(self, action: str, about: str, **details: Any) -> None:
        """Write an entry in the audit log."""
        audit.record_change(
            self.connection, at=self.now, actor=self.actor.name[:120], action=action, about=about,
            details=details,
        )  # fmt: skip

    def _zone_of(self, line: BookedLine) -> ZoneInfo:
        site = find_site(self.sites, line.location)
        return ZoneInfo("UTC") if site is None else site.zone
