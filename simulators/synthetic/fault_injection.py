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

from simulators.delivery.reliable_sender import Carrier
from wire.audience import AudienceReport
from wire.envelope import (
    MAX_PAYLOAD_BYTES,
    AckEvent,
    AudienceEvent,
    audience_event,
    seal,
    unseal,
)
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Address

LOST: Final = 0.05
TWICE: Final = 0.08
OVERTAKEN: Final = 0.10
HOSTILE: Final = 0.15  # messages of ill will per honest one
CENTURY: Final = timedelta(days=36_525)


class Faults(StrEnum):
    """How bad the world is."""

    NONE = "none"
    LOSSY = "lossy"
    HOSTILE = "hostile"


class BadLine:
    """A post that loses, doubles and delays what it is given, and now and then says evil things.

    `happened` counts by kind: lost, twice, overtaken, and each kind of hostile message.
    """

    def __init__(self, post: Carrier, faults: Faults, rng: np.random.Generator) -> None:
        self.happened: Counter[str] = Counter()
        self._post = post
        self._faults = faults
        self._rng = rng
        self._late: list[tuple[Address, bytes]] = []

    def listen(self, address: Address) -> None:
        self._post.listen(address)

    def renewed(self) -> bool:
        return self._post.renewed()

    def acknowledged(self, *, wait_s: float) -> Iterator[AckEvent]:
        self._bring_late()
        return self._post.acknowledged(wait_s=wait_s)

    def send(self, address: Address, payload: bytes) -> None:
        """Pass the message on, or not."""
        chance = self._rng.random()
        if chance < LOST:
            self.happened["lost"] += 1
        elif chance < LOST + OVERTAKEN:
            self.happened["overtaken"] += 1
            self._late.append((address, payload))
        else:
            self._post.send(address, payload)
            if chance > 1 - TWICE:
                self.happened["twice"] += 1
                self._post.send(address, payload)
        if self._faults is Faults.HOSTILE and self._rng.random() < HOSTILE:
            self._harm(address, payload)

    def _bring_late(self) -> None:
        late, self._late = self._late, []
        for address, payload in reversed(late):
            self._post.send(address, payload)

    def _harm(self, address: Address, payload: bytes) -> None:
        kind = sorted(HARMS)[int(self._rng.integers(len(HARMS)))]
        event = next(event for event in unseal(payload) if isinstance(event, AudienceEvent))
        self.happened[f"hostile: {kind}"] += 1
        number = sum(count for what, count in self.happened.items() if what.startswith("hostile"))
        elsewhere, harmful = HARMS[kind](_strange(event.data, number), address)
        self._post.send(elsewhere, harmful)


def _strange(report: AudienceReport, number: int) -> AudienceReport:
    """The same in a journal of its own, so that no honest sequence is touched."""
    journal = JournalId(f"bad{report.journal[3:]}")
    return msgspec.structs.replace(
        report, journal=journal, sequence=SequenceRange(first=number, last=number)
    )


Harm = Callable[[AudienceReport, Address], tuple[Address, bytes]]


def _rewritten(report: AudienceReport, **values: object) -> bytes:
    """The event with some of its report's fields set to what the contract forbids."""
    event = msgspec.json.decode(seal(audience_event(report)))
    event["data"].update(values)
    return msgspec.json.encode(event)


def _in_the_future(report: AudienceReport) -> AudienceReport:
    return msgspec.structs.replace(
        report, starts_at=report.starts_at + CENTURY, ends_at=report.ends_at + CENTURY
    )


def _stranger(report: AudienceReport) -> tuple[Address, bytes]:
    nobody = Address(LocationId("NOWHERE"), DeviceId("nobody"))
    spoken = msgspec.structs.replace(report, location=nobody.location, device=nobody.device)
    return nobody, seal(audience_event(spoken))


HARMS: Final[dict[str, Harm]] = {
    "torn": lambda report, at: (at, seal(audience_event(report))[:-200]),
    "words for numbers": lambda report, at: (at, _rewritten(report, visits="many")),
    "negative": lambda report, at: (at, _rewritten(report, observed_ms=-1)),
    "unknown field": lambda report, at: (at, _rewritten(report, faces=["..."])),
    "more time than there is": lambda report, at: (at, _rewritten(report, observed_ms=10**9)),
    "future": lambda report, at: (at, seal(audience_event(_in_the_future(report)))),
    "oversize": lambda report, at: (at, b" " * MAX_PAYLOAD_BYTES + seal(audience_event(report))),
    "nested": lambda report, at: (at, b"[" * 5_000 + report.sequence.first.to_bytes(8)),
    "binary": lambda report, at: (at, b"\xff\xfe\x00" + report.sequence.first.to_bytes(8)),
    "impostor": lambda report, at: (
        at,
        seal(audience_event(msgspec.structs.replace(report, device=DeviceId("someone-else")))),
    ),
    "stranger": lambda report, at: _stranger(report),
}
