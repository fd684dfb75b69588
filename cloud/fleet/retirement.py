"""Removing a device from the fleet: its shadows, jobs and groups are deleted, its history stays."""

from sqlalchemy import Connection, select

from cloud.fleet import job_book, registry
from cloud.fleet.changes import Author
from cloud.fleet.message import Saying, post
from cloud.fleet.shadows import ShadowName
from cloud.fleet.shadows import delete as delete_shadow
from cloud.fleet.tables import shadows
from wire.device_config import shadow_topic
from wire.scalars import DeviceId


def retire(connection: Connection, name: str, author: Author) -> None:
    """Remove a device; UnknownThing when the fleet does not have it."""
    registry.mark_retired(connection, name, author)
    job_book.forget(connection, name)
    _delete_shadows(connection, name, author)


def _delete_shadows(connection: Connection, name: str, author: Author) -> None:
    """Delete the device's shadows as AWS IoT does: subscribers are notified, versions go on."""
    held = (shadows.c.thing == name) & shadows.c.deleted_at.is_(None)
    for shadow in connection.execute(select(shadows.c.name).where(held)).scalars().all():
        version = delete_shadow(connection, ShadowName(name, shadow), at=author.at)
        topic = shadow_topic(DeviceId(name), "delete/accepted", shadow=shadow or None)
        body = {"version": version, "timestamp": int(author.at.timestamp())}
        post(connection, [Saying(topic, body)])
