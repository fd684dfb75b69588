"""Removing a device from the fleet: its shadows, jobs and groups are deleted, its history stays."""

from sqlalchemy import Connection, select

from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.outbox import OutgoingMessage, enqueue
from cloud.fleet.registry import devices
from cloud.fleet.shadows.shadow_store import ShadowName
from cloud.fleet.shadows.shadow_store import delete_shadow as delete_shadow
from cloud.fleet.tables import shadows
from wire.fleet.device_config import shadow_topic
from wire.scalars import DeviceId


def retire(connection: Connection, name: str, author: Author) -> None:
    """Remove a device; UnknownDevice when the fleet does not have it."""
    devices.mark_retired(connection, name, author)
    job_store.delete_executions(connection, name)
    _delete_shadows(connection, name, author)


def _delete_shadows(connection: Connection, name: str, author: Author) -> None:
    """Delete the device's shadows as AWS IoT does: subscribers are notified, versions continue."""
    held = (shadows.c.device == name) & shadows.c.deleted_at.is_(None)
    for shadow in connection.execute(select(shadows.c.name).where(held)).scalars().all():
        version = delete_shadow(connection, ShadowName(name, shadow), at=author.at)
        topic = shadow_topic(DeviceId(name), "delete/accepted", shadow=shadow or None)
        body = {"version": version, "timestamp": int(author.at.timestamp())}
        enqueue(connection, [OutgoingMessage(topic, body)])
