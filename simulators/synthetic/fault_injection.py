"""What goes wrong between cameras and cloud, on purpose and counted.

Lossy: messages get lost, arrive twice or overtake each other, as on a bad line; the cameras send
again, and no total may change. Hostile: between them come messages that must never be counted,
each of which belongs among the dead letters with its reason.
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
HOSTILE_RATIO: Final = 0.15  # messages of ill will per honest one
CENTURY: Final = timedelta(days=36_525)


class FaultProfile(StrEnum):
    """How bad the world is."""

    NONE = "none"
    LOSSY = "lossy"
    HOSTILE = "hostile"


class FaultyConnection:
    """A post that loses, doubles and delays what it is given, and now and then says evil things.

    `happened` counts by kind: lost, twice, overtaken, and each kind of hostile message.
    """

    def __init__(
        self, connection: ReportConnection, faults: FaultProfile, rng: np.random.Generator
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._post = connection
        self._faults = faults
        self._rng = rng
        self._late: list[tuple[DeviceAddress, bytes]] = []

    def subscribe(self, address: DeviceAddress) -> None:
        self._post.subscribe(address)

    def has_reconnected(self) -> bool:
        return self._post.has_reconnected()

    def read_acknowledgements(self, *, wait_s: float) -> Iterator[AckEvent]:
        self._send_late()
        return self._post.read_acknowledgements(wait_s=wait_s)

    def send(self, address: DeviceAddress, payload: bytes) -> None:
        """Pass the message on, or not."""
        chance = self._rng.random()
        if chance < LOST_RATIO:
            self.counts["lost"] += 1
        elif chance < LOST_RATIO + REORDERED_RATIO:
            self.counts["overtaken"] += 1
            self._late.append((address, payload))
        else:
            self._post.send(address, payload)
            if chance > 1 - DUPLICATED_RATIO:
                self.counts["twice"] += 1
                self._post.send(address, payload)
        if self._faults is FaultProfile.HOSTILE and self._rng.random() < HOSTILE_RATIO:
            self._send_hostile(address, payload)

    def _send_late(self) -> None:
        late, self._late = self._late, []
        for address, payload in reversed(late):
            self._post.send(address, payload)

    def _send_hostile(self, address: DeviceAddress, payload: bytes) -> None:
        kind = sorted(HOSTILE_MESSAGES)[int(self._rng.integers(len(HOSTILE_MESSAGES)))]
        event = next(event for event in decode_events(payload) if isinstance(event, AudienceEvent))
        self.counts[f"hostile: {kind}"] += 1
        number = sum(count for what, count in self.counts.items() if what.startswith("hostile"))
        elsewhere, harmful = HOSTILE_MESSAGES[kind](_in_own_stream(event.data, number), address)
        self._post.send(elsewhere, harmful)


def _in_own_stream(report: AudienceReport, number: int) -> AudienceReport:
    """The same in a journal of its own, so that no honest sequence is touched."""
    journal = JournalId(f"bad{report.journal[3:]}")
    return msgspec.structs.replace(
        report, journal=journal, sequence=SequenceRange(first=number, last=number)
    )


MakeHostile = Callable[[AudienceReport, DeviceAddress], tuple[DeviceAddress, bytes]]


def _with_invalid_fields(report: AudienceReport, **values: object) -> bytes:
    """The event with some of its report's fields set to what the contract forbids."""
    event = msgspec.json.decode(encode_event(audience_event(report)))
    event["data"].update(values)
    return msgspec.json.encode(event)


def _in_the_future(report: AudienceReport) -> AudienceReport:
    return msgspec.structs.replace(
        report, starts_at=report.starts_at + CENTURY, ends_at=report.ends_at + CENTURY
    )


def _from_unknown_device(report: AudienceReport) -> tuple[DeviceAddress, bytes]:
    nobody = DeviceAddress(LocationId("NOWHERE"), DeviceId("nobody"))
    spoken = msgspec.structs.replace(report, location=nobody.location, device=nobody.device)
    return nobody, encode_event(audience_event(spoken))


HOSTILE_MESSAGES: Final[dict[str, MakeHostile]] = {
    "torn": lambda report, at: (at, encode_event(audience_event(report))[:-200]),
    "words for numbers": lambda report, at: (at, _with_invalid_fields(report, visits="many")),
    "negative": lambda report, at: (at, _with_invalid_fields(report, observed_ms=-1)),
    "unknown field": lambda report, at: (at, _with_invalid_fields(report, faces=["..."])),
    "more time than there is": lambda report, at: (
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
    "impostor": lambda report, at: (
        at,
        encode_event(
            audience_event(msgspec.structs.replace(report, device=DeviceId("someone-else")))
        ),
    ),
    "stranger": lambda report, at: _from_unknown_device(report),
}
