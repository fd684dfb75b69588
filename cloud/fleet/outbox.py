"""What the fleet service says on the broker, and the outbox for those without a connection."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from cloud.fleet.tables import fleet_outbox


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message: where, and the JSON object that is said."""

    topic: str
    body: dict[str, Any]

    @property
    def payload(self) -> bytes:
        """The message's bytes."""
        return msgspec.json.encode(self.body)


def enqueue(connection: Connection, sayings: Iterable[OutgoingMessage]) -> None:
    """Leave messages for the service, in the transaction that makes them true."""
    rows = [{"topic": one.topic, "payload": one.payload.decode()} for one in sayings]
    if rows:
        connection.execute(fleet_outbox.insert(), rows)


def pending_messages(connection: Connection, *, at_most: int = 500) -> list[tuple[int, str, bytes]]:
    """Number, topic and payload of what waits, oldest first."""
    rows = connection.execute(select(fleet_outbox).order_by(fleet_outbox.c.id).limit(at_most)).all()
    return [(row.id, row.topic, row.payload.encode()) for row in rows]


def delete_published(connection: Connection, through: int) -> None:
    """Forget what has been published."""
    connection.execute(delete(fleet_outbox).where(fleet_outbox.c.id <= through))
