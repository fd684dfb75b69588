"""The cloud's word that reports are safe: only then may a device forget them.

An acknowledgement is cumulative. It says that every sequence up to and including `through` of
that journal is durably counted or durably set aside as a dead letter. A broker's PUBACK is not
that word: it says only that the broker has the message in memory.
"""

from typing import Annotated

from msgspec import Meta

from wire.scalars import Device, Instant, Journal, WireMessage


class Ack(WireMessage, frozen=True, kw_only=True):
    """Everything up to `through` is safe; 0 means nothing yet."""

    device: Device
    journal: Journal
    through: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    at: Instant
