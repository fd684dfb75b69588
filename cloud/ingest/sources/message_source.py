"""Message sources: one Protocol, several brokers, one contract test suite for all.

A source may deliver a message twice, late or out of order, but not in part. As far as it can, it
keeps every message that was not acknowledged and delivers it again after a restart. Correctness
does not depend on that: devices send again what no acknowledgement has covered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received message; `receipt` is what the source needs to acknowledge it."""

    topic: str
    payload: bytes
    receipt: Any = None


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Limits of one batch: at most `messages`, at most `longest_s`.

    A batch also ends when no message has arrived for `quiet_s`, because a broker sends only a few
    messages before the first is acknowledged (Mosquitto: 20 by default).
    """

    messages: int = 500
    longest_s: float = 0.2
    quiet_s: float = 0.02
    idle_s: float = 0.5  # how long to wait for the first message


class SourceError(RuntimeError):
    """A source that cannot be opened with the given settings."""


class MessageSource(Protocol):
    """A broker or stream, as the consumer sees it."""

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """Wait for messages and return them; empty when none arrived within `idle_s`."""

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge committed messages to the broker."""

    def send(self, topic: str, payload: bytes) -> None:
        """Send a message to a device."""

    def close(self) -> None:
        """Close the connection; unacknowledged messages stay with the broker."""
