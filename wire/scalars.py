"""Scalar types of the wire schema, with their validation.

Times are aware UTC instants; durations are whole milliseconds, so that sums are exact in every
database and in every order.
"""

from datetime import datetime
from typing import Annotated, NewType

import msgspec
from msgspec import Meta

LocationId = NewType("LocationId", str)
DeviceId = NewType("DeviceId", str)
JournalId = NewType("JournalId", str)

# One level of an MQTT topic, one thing name on AWS. In Python `$` also matches before a last
# newline; the look-ahead closes that gap and means nothing to JSON Schema's dialect.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$(?!\n)"

Location = Annotated[LocationId, Meta(pattern=NAME, description="a location with one screen")]
Device = Annotated[DeviceId, Meta(pattern=NAME, description="one camera agent")]
Journal = Annotated[
    JournalId,
    Meta(
        pattern=r"^[0-9a-f]{16}$(?!\n)",
        description="report stream that the sequence counts in; each run of the agent starts one",
    ),
]

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Sentence = Annotated[str, Meta(max_length=500)]


class WireMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all messages: frozen, keyword fields only, unknown fields are refused."""


class SequenceRange(WireMessage, frozen=True, kw_only=True):
    """The sequence numbers that a report covers, both ends included."""

    first: Sequence
    last: Sequence

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"sequence range ends ({self.last}) before it starts ({self.first})")
