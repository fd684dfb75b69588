"""The cloud's acknowledgement of reports. A device deletes a report only after it.

An acknowledgement is cumulative: every sequence up to and including `through` of the report stream
(`journal`) is durably counted or durably stored as a dead letter. A broker's PUBACK says only that
the broker has the message in memory.
"""

from typing import Annotated

from msgspec import Meta

from wire.scalars import Device, Instant, Journal, WireMessage


class Ack(WireMessage, frozen=True, kw_only=True):
    """Every report up to `through` is durable; 0 means none."""

    device: Device
    journal: Journal
    through: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    at: Instant
