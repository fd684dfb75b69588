"""Holds, and reservations of orders, that expire within two hours.

A hold that is extended has another end: whoever was notified of the first one is notified again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from cloud.booking.holds import BookingHoldState
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.tables import booked_lines, orders
from cloud.database import microseconds
from cloud.database.holds import booking_holds
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.tables import notice_events
from cloud.sites.sites import Sites

LEAD: Final = timedelta(hours=2)


def find_expiring_holds(
    connection: Connection, _sites: Sites, now: datetime
) -> Iterator[NoticeEvent]:
    """Holds and reservations whose end is near."""
    yield from _find_holds(connection, now)
    yield from _find_reservations(connection, now)


def is_held() -> ColumnElement[bool]:
    """Whether the hold or reservation of an event of `notice_events` still ends when it said."""
    subject, ends_at = notice_events.c.subject, notice_events.c.stale_at
    hold = exists().where(
        booking_holds.c.id == subject,
        booking_holds.c.state == BookingHoldState.HELD.value,
        booking_holds.c.expires_at == ends_at,
    )
    reservation = exists().where(
        booked_lines.c.order_id == subject,
        booked_lines.c.booking_status == BookingStatus.RESERVED.value,
        booked_lines.c.expires_at == ends_at,
    )
    return or_(hold, reservation)


def _find_holds(connection: Connection, now: datetime) -> Iterator[NoticeEvent]:
    columns = booking_holds.c
    wanted = select(
        columns.id, columns.account, columns.slot_count, columns.expires_at, columns.latest_at
    ).where(
        columns.state == BookingHoldState.HELD.value,
        columns.expires_at > now,
        columns.expires_at <= now + LEAD,
    )
    for row in connection.execute(wanted):
        facts = (
            Fact("Hold", row.id),
            Fact("Slots", str(row.slot_count)),
            Fact("Expires", at=row.expires_at),
            Fact("No extension beyond", at=row.latest_at),
        )
        title = f"A hold of {row.slot_count} slots is about to expire"
        yield _event(row.id, row.account, row.expires_at, title, facts, f"/api/holds/{row.id}", now)


def _find_reservations(connection: Connection, now: datetime) -> Iterator[NoticeEvent]:
    columns = booked_lines.c
    wanted = (
        select(columns.order_id, columns.expires_at, orders.c.account, orders.c.name,
               func.count().label("lines"))
        .join(orders, orders.c.id == columns.order_id)
        .where(
            columns.booking_status == BookingStatus.RESERVED.value,
            columns.expires_at > now,
            columns.expires_at <= now + LEAD,
        )
        .group_by(columns.order_id, columns.expires_at, orders.c.account, orders.c.name)
    )  # fmt: skip
    for row in connection.execute(wanted):
        facts = (
            Fact("Order", row.name),
            Fact("Reserved lines", str(row.lines)),
            Fact("Expires", at=row.expires_at),
        )
        title = f"The reservation of {row.name} is about to expire"
        path = f"/api/orders/{row.order_id}"
        yield _event(row.order_id, row.account, row.expires_at, title, facts, path, now)


def _event(
    subject: str,
    account: str,
    expires_at: datetime,
    title: str,
    facts: tuple[Fact, ...],
    path: str,
    now: datetime,
) -> NoticeEvent:
    return NoticeEvent(
        kind=NoticeTopic.HOLD_EXPIRING,
        key=f"{subject}:{microseconds(expires_at)}",
        account=account,
        at=now,
        title=title,
        facts=facts,
        path=path,
        subject=subject,
        stale_at=expires_at,
    )
