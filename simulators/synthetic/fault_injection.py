"""Inject transport faults and hostile messages between cameras and cloud, and count them.

Lossy: messages are lost, duplicated and reordered, as on a bad line. The cameras send them again,
and the totals must not change. Hostile: in addition, invalid messages are sent, which must become
dead letters and must not be counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from simulators.delivery.reliable_sender import ReportConnection
from wire.audience import AudienceReport
from wire.envelope import (
    MAX_PAYLOAD_BYTES,
    AckEvent,
    AudienceEvent,
    audience_event,
    decode_events,
    encode_event,
)
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import DeviceAddress

LOST_RATIO: Final = 0.05
DUPLICATED_RATIO: Final = 0.08
REORDERED_RATIO: Final = 0.10
HOSTILE_RATIO: Final = 0.15  # hostile messages per valid message
CENTURY: Final = timedelta(days=36_525)


class FaultProfile(StrEnum):
    """Which faults are injected."""

    NONE = "none"
    LOSSY = "lossy"
    HOSTILE = "hostile"


class FaultyConnection:
    """A connection that loses, duplicates and delays messages, and sends hostile ones.

    `counts` counts the faults by kind: lost, duplicated, reordered, each kind of hostile message.
    """

    def __init__(
        self, connection: ReportConnection, faults: FaultProfile, rng: np.random.Generator
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._connection = connection
        self._faults = faults
        self._rng = rng
        self._late: list[tuple[DeviceAddress, bytes]] = []

    def subscribe(self, address: DeviceAddress) -> None:
        self._connection.subscribe(address)

    def has_reconnected(self) -> bool:
        return self._connection.has_reconnected()

    def read_acknowledgements(self, *, wait_s: float) -> Iterator[AckEvent]:
        self._send_late()
        return self._connection.read_acknowledgements(wait_s=wait_s)

    def send(self, address: DeviceAddress, payload: bytes) -> None:
        """Send, drop, duplicate or delay the message."""
        chance = self._rng.random()
        if chance < LOST_RATIO:
            self.counts["lost"] += 1
        elif chance < LOST_RATIO + REORDERED_RATIO:
            self.counts["reordered"] += 1
            self._late.append((address, payload))
        else:
            self._connection.send(address, payload)
            if chance > 1 - DUPLICATED_RATIO:
                self.counts["duplicated"] += 1
                self._connection.send(address, payload)
        if self._faults is FaultProfile.HOSTILE and self._rng.random() < HOSTILE_RATIO:
            self._send_hostile(address, payload)

    def _send_late(self) -> None:
        late, self._late = self._late, []
        for address, payload in reversed(late):
            self._connection.send(address, payload)

    def _send_hostile(self, address: DeviceAddress, payload: bytes) -> None:
        kind = sorted(HOSTILE_MESSAGES)[int(self._rng.integers(len(HOSTILE_MESSAGES)))]
        event = next(event for event in decode_events(payload) if isinstance(event, AudienceEvent))
        self.counts[f"hostile: {kind}"] += 1
        number = sum(count for fault, count in self.counts.items() if fault.startswith("hostile"))
        target, message = HOSTILE_MESSAGES[kind](_in_own_stream(event.data, number), address)
        self._connection.send(target, message)


def _in_own_stream(report: AudienceReport, number: int) -> AudienceReport:
    """The same report in a separate stream, so that no valid sequence is affected."""
    journal = JournalId(f"bad{report.journal[3:]}")
    return msgspec.structs.replace(
        report, journal=journal, sequence=SequenceRange(first=number, last=number)
    )


MakeHostile = Callable[[AudienceReport, DeviceAddress], tuple[DeviceAddress, bytes]]


def _with_invalid_fields(report: AudienceReport, **values: object) -> bytes:
    """The event with fields of its report set to values that the schema forbids."""
    event = msgspec.json.decode(encode_event(audience_event(report)))
    event["data"].update(values)
    return msgspec.json.encode(event)


def _in_the_future(report: AudienceReport) -> AudienceReport:
    return msgspec.structs.replace(
        report, starts_at=report.starts_at + CENTURY, ends_at=report.ends_at + CENTURY
    )


def _from_unknown_device(report: AudienceReport) -> tuple[DeviceAddress, bytes]:
    unknown = DeviceAddress(LocationId("NOWHERE"), DeviceId("nobody"))
    forged = msgspec.structs.replace(report, location=unknown.location, device=unknown.device)
    return unknown, encode_event(audience_event(forged))


HOSTILE_MESSAGES: Final[dict[str, MakeHostile]] = {
    "truncated": lambda report, at: (at, encode_event(audience_event(report))[:-200]),
    "text for a number": lambda report, at: (at, _with_invalid_fields(report, visits="many")),
    "negative": lambda report, at: (at, _with_invalid_fields(report, observed_ms=-1)),
    "unknown field": lambda report, at: (at, _with_invalid_fields(report, faces=["..."])),
    "more time than the interval": lambda report, at: (
        at,
        _with_invalid_fields(report, observed_ms=10**9),
    ),
    "future": lambda report, at: (at, encode_event(audience_event(_in_the_future(report)))),
    "oversize": lambda report, at: (
        at,
        b" " * MAX_PAYLOAD_BYTES + encode_event(audience_event(report)),
    ),
    "nested": lambda report, at: (at, b"[" * 5_000 + report.sequence.first.to_bytes(8)),
    "binary": lambda report, at: (at, b"\xff\xfe\x00" + report.sequence.first.to_bytes(8)),
    "forged device": lambda report, at: (
        at,
        encode_event(
            audience_event(msgspec.structs.replace(report, device=DeviceId("someone-else")))
        ),
    ),
    "unknown device": lambda report, at: _from_unknown_device(report),
}
