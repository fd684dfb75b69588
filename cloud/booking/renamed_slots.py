"""Move the slots of a renamed location to its present id, with what is taken of them."""

from sqlalchemy import Connection, delete, func, literal, select

from cloud import database
from cloud.database import total
from cloud.database.bookings import booking_ledger, booking_slots
from cloud.sites.site_model import Site


def move_renamed_slots(connection: Connection, site: Site) -> None:
    """Add what is taken under former ids to the slots of the present id.

    The capacity is what is used: the next demand sets it from the sites file.
    """
    if not site.formerly:
        return
    slots = booking_slots.c
    is_former = slots.location.in_(site.formerly)
    if connection.execute(select(slots.used).where(is_former)).first() is None:
        return
    hours = select(slots.hour_at).where(is_former).order_by(slots.location, slots.hour_at)
    connection.execute(hours.with_for_update())
    used = total(slots.used)
    moved = select(literal(site.id), slots.hour_at, used, used).where(is_former)
    into = database.insert(connection.dialect.name, booking_slots).from_select(
        ["location", "hour_at", "capacity", "used"], moved.group_by(slots.hour_at)
    )
    added = slots.used + into.excluded.used
    greatest = func.max if connection.dialect.name == "sqlite" else func.greatest
    connection.execute(
        into.on_conflict_do_update(
            index_elements=["location", "hour_at"],
            set_={"used": added, "capacity": greatest(slots.capacity, added)},
        )
    )
    _move_ledger(connection, site)
    connection.execute(delete(booking_slots).where(is_former))


def _move_ledger(connection: Connection, site: Site) -> None:
    """A line may have positions under both ids, where programs had different sites files."""
    rows = booking_ledger.c
    is_former = rows.location.in_(site.formerly)
    moved = select(rows.line_id, literal(site.id), rows.hour_at, total(rows.positions))
    into = database.insert(connection.dialect.name, booking_ledger).from_select(
        ["line_id", "location", "hour_at", "positions"],
        moved.where(is_former).group_by(rows.line_id, rows.hour_at),
    )
    connection.execute(
        into.on_conflict_do_update(
            index_elements=["line_id", "location", "hour_at"],
            set_={"positions": rows.positions + into.excluded.positions},
        )
    )
    connection.execute(delete(booking_ledger).where(is_former))
