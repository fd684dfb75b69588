"""Messages of the fleet service, and the outbox for those without a connection to the broker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from cloud.fleet.tables import fleet_outbox


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message: its topic and its JSON object."""

    topic: str
    body: dict[str, Any]

    @property
    def payload(self) -> bytes:
        """The message's bytes."""
        return msgspec.json.encode(self.body)


def enqueue(connection: Connection, messages: Iterable[OutgoingMessage]) -> None:
    """Leave messages for the service, in the transaction of the change that they report."""
    rows = [{"topic": one.topic, "payload": one.payload.decode()} for one in messages]
    if rows:
        connection.execute(fleet_outbox.insert(), rows)


def pending_messages(connection: Connection, *, at_most: int = 500) -> list[tuple[int, str, bytes]]:
    """Number, topic and payload of the pending messages, oldest first."""
    rows = connection.execute(select(fleet_outbox).order_by(fleet_outbox.c.id).limit(at_most)).all()
    return [(row.id, row.topic, row.payload.encode()) for row in rows]


def delete_published(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete published messages by their numbers.

    Not all up to the highest: on PostgreSQL a transaction may commit a lower number later.
    """
    connection.execute(delete(fleet_outbox).where(fleet_outbox.c.id.in_(numbers)))
