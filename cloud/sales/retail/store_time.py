"""Instants in the local time of a store."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from cloud.database.retail import retail_stores


class StoreTimeError(ValueError):
    """A local time that is no instant, or a store whose time zone is not known."""


def read_zone(connection: Connection, store: str) -> ZoneInfo:
    """The time zone of a store; raises StoreTimeError."""
    wanted = select(retail_stores.c.timezone).where(retail_stores.c.store == store)
    name = connection.execute(wanted).scalar_one_or_none()
    if name is None:
        raise StoreTimeError(
            f"the time zone of store {store} is not known: give an instant with its offset, or "
            "load the stores with `timezone`"
        )
    return ZoneInfo(name)


def to_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time; raises StoreTimeError where the clock changes."""
    found = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if found[0].astimezone(zone).replace(tzinfo=None) != local:
        raise StoreTimeError(
            f"{local.isoformat()} does not exist in {zone.key}: the clock skips it"
        )
    if found[0] != found[1]:
        raise StoreTimeError(
            f"{local.isoformat()} occurs twice in {zone.key}: give an instant with its offset"
        )
    return found[0]
