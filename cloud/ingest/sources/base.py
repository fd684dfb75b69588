"""Where messages come from: one Protocol, several brokers, one suite of tests for all.

A source may deliver a message twice, late or out of order; it may not tear one. It keeps every
message that was not settled, as far as it can, and delivers it again after a restart. Nothing rests
on that: the devices send again whatever no acknowledgement has covered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came; `receipt` is the source's own note for settling it."""

    topic: str
    payload: bytes
    receipt: Any = None


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much to take at once: no more than `messages`, no longer than `longest_s`.

    A portion also ends when nothing more has come for `quiet_s`, so that a broker which lets only
    a few messages out unsettled (Mosquitto: 20 by default) does not make every portion wait.
    """

    messages: int = 500
    longest_s: float = 0.2
    quiet_s: float = 0.02
    idle_s: float = 0.5  # how long to wait for the first message


class SourceError(RuntimeError):
    """A source that cannot be opened as it was described."""


class MessageSource(Protocol):
    """A broker or stream, as the consumer sees it."""

    def receive(self, limits: BatchLimits) -> Sequence[Delivery]:
        """Wait for messages and give them; empty when none came within `idle_s`."""

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are committed and need not come again."""

    def send(self, topic: str, payload: bytes) -> None:
        """Say something to a device."""

    def close(self) -> None:
        """Leave in order; unsettled messages stay with the broker."""
