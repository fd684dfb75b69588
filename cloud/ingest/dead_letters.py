"""Dead letters: messages that failed validation, each with the kind of the reason.

Messages that stay with the device (an unknown camera) are stored as one dead letter per topic.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from wire.envelope import MAX_PAYLOAD_BYTES
from wire.scalars import JournalId
from wire.topics import DeviceAddress

SAMPLE_BYTES: Final = 16 * 1024
"""Stored bytes of a payload that could not be parsed; a parsed one is stored whole."""


class DeadLetterKind(StrEnum):
    """Why a message is a dead letter."""

    TOPIC = "topic"  # unknown topic, or a message type that the channel does not carry
    OVERSIZE = "oversize"
    UNREADABLE = "unreadable"
    ADDRESS = "address"  # reports about another device than its topic
    UNKNOWN = "unknown"  # no such camera in the sites file
    FUTURE = "future"
    ANCIENT = "ancient"
    IMPLAUSIBLE = "implausible"  # a value that no camera can measure
    SEQUENCE = "sequence"  # sequence numbers that the stream cannot have reached
    SEQUENCE_REUSED = "sequence_reused"  # the number was used for another report
    OVERLAP = "overlap"  # part of it is already counted
    SCATTERED = "scattered"  # beyond more gaps than are stored
    UNSTORABLE = "unstorable"  # the database refuses its values


STORED_ONCE_PER_TOPIC: Final = frozenset({DeadLetterKind.UNKNOWN, DeadLetterKind.SCATTERED})
"""Stored as one dead letter for each topic: the device still has all such reports."""
NOT_ACKNOWLEDGED: Final = STORED_ONCE_PER_TOPIC | {
    DeadLetterKind.TOPIC,
    DeadLetterKind.OVERSIZE,
    DeadLetterKind.UNREADABLE,
    DeadLetterKind.SEQUENCE,
}
"""Never acknowledged: the camera keeps such reports and sends them again."""


@dataclass(frozen=True, slots=True)
class ReportIdentity:
    """A report by device (from the topic), stream and sequence numbers."""

    address: DeviceAddress
    stream_id: JournalId
    first: int
    last: int

    def covers(self, other: "ReportIdentity") -> bool:
        """Whether the range contains the first number of another."""
        return (
            self.first <= other.first <= self.last
            and self.stream_id == other.stream_id
            and self.address.device == other.address.device
        )


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that failed validation: topic, reason, and which report it is, if readable."""

    kind: DeadLetterKind
    reason: str
    topic: str
    payload: bytes
    address: DeviceAddress | None = None
    identity: ReportIdentity | None = None

    @property
    def acknowledges(self) -> ReportIdentity | None:
        """The report that is acknowledged by this dead letter; None when it is not."""
        return None if self.kind in NOT_ACKNOWLEDGED else self.identity

    def as_dead_letter(self, kind: DeadLetterKind, reason: str) -> "DeadLetter":
        """The same message with another reason."""
        return replace(self, kind=kind, reason=reason)


def digest_of(dead_letter: DeadLetter) -> str:
    """The digest that a repeated message has again."""
    if dead_letter.kind in STORED_ONCE_PER_TOPIC:
        content = b""
    elif (which := dead_letter.identity) and dead_letter.kind is not DeadLetterKind.SEQUENCE_REUSED:
        content = f"{which.stream_id}:{which.first}-{which.last}".encode()
    else:
        content = dead_letter.payload
    return hashlib.sha256(
        f"{dead_letter.kind}\0{dead_letter.topic}\0".encode() + content
    ).hexdigest()


def sample_of(dead_letter: DeadLetter) -> bytes:
    """The stored part of the payload: all of it where the dead letter can be replayed."""
    return dead_letter.payload[
        : SAMPLE_BYTES if dead_letter.acknowledges is None else MAX_PAYLOAD_BYTES
    ]


def printable(text: str) -> str:
    """Replace control characters: PostgreSQL's text holds no NUL."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
