"""The acknowledged sequence numbers of a stream: all up to a mark, and ranges beyond gaps.

A number is acknowledged when its report was counted, stored as a dead letter, or recorded as lost.
A report whose range lies wholly within is a duplicate. One that lies partly within can be neither
counted nor split, because its sums are one.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, Self

from cloud.ingest.plausibility import ValidationRules

GAP: Final = 10_000
"""How far a number may always lie beyond the mark: messages arrive out of order, clocks are set."""
FIRST_DEVICE_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No stream is older; it bounds the numbers of a stream that is new to this database."""
MOST_RANGES: Final = 1_000  # a device with more gaps than this has lost its numbering


class SequenceStatus(Enum):
    """How a range of sequence numbers relates to those that are acknowledged."""

    NEW = auto()
    DUPLICATE = auto()
    OVERLAP = auto()
    SCATTERED = auto()  # new, but beyond more gaps than are stored


@dataclass(frozen=True, slots=True)
class ReceivedRanges:
    """Everything up to `through`, and `ranges`: sorted ranges that neither touch nor overlap."""

    through: int = 0
    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, through: int, ranges: str) -> Self:
        """From the columns of a stream."""
        if ranges == "[]":
            return cls(through)
        return cls(through, tuple((first, last) for first, last in json.loads(ranges)))

    @property
    def ranges_json(self) -> str:
        """The ranges as they are stored."""
        return json.dumps(self.ranges) if self.ranges else "[]"

    def status(self, first: int, last: int) -> SequenceStatus:
        """The status of `first`..`last`."""
        if last <= self.through:
            return SequenceStatus.DUPLICATE
        if first <= self.through:
            return SequenceStatus.OVERLAP
        for begins, ends in self.ranges:
            if begins <= first and last <= ends:
                return SequenceStatus.DUPLICATE
            if begins <= last and first <= ends:
                return SequenceStatus.OVERLAP
        if first > self.through + 1 and len(self.ranges) >= MOST_RANGES:
            return SequenceStatus.SCATTERED
        return SequenceStatus.NEW

    def gaps_below(self, sequence: int) -> tuple[tuple[int, int], ...]:
        """The ranges before `sequence` that are not acknowledged."""
        begins = (self.through + 1, *(last + 1 for _, last in self.ranges))
        ends = (*(first - 1 for first, _ in self.ranges), sequence - 1)
        return tuple(
            (first, min(last, sequence - 1))
            for first, last in zip(begins, ends, strict=True)
            if first < sequence and first <= last
        )

    def is_in_the_way(self, first: int, last: int) -> bool:
        """Whether `first`..`last` is next and later numbers are acknowledged already."""
        comes_next = first == self.through + 1 <= last
        return comes_next and bool(self.ranges) and last < self.ranges[0][0]

    def adding(self, first: int, last: int) -> "ReceivedRanges":
        """The ranges with `first`..`last` added."""
        if not self.ranges and first <= self.through + 1:
            return ReceivedRanges(max(self.through, last))
        through, ranges = self.through, list[tuple[int, int]]()
        for begins, ends in sorted((*self.ranges, (first, last))):
            if begins <= through + 1:
                through = max(through, ends)
            elif ranges and begins <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], max(ranges[-1][1], ends))
            else:
                ranges.append((begins, ends))
        return ReceivedRanges(through, tuple(ranges))


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """When the report at the mark ended (None: unknown), and when the mark last advanced.

    The time since then bounds how far the stream can have advanced, so the reports after an outage
    of weeks are accepted and a random number is not.
    """

    through_at: datetime = FIRST_DEVICE_AT
    moved_at: datetime = FIRST_DEVICE_AT

    def furthest(self, through: int, at: datetime, now: datetime, rules: ValidationRules) -> int:
        """The largest number that a message sent at `at` can contain."""
        elapsed = max(min(at, now) - self.through_at, now - self.moved_at)
        return through + GAP + rules.sequences_within(elapsed)


def implausible_sequence(last: int, furthest: int, through: int) -> str | None:
    """Why a sequence number cannot belong to this stream; None when it can."""
    if last <= furthest:
        return None
    return (
        f"sequence number {last} lies {last - through} beyond {through}, up to which the stream is "
        f"acknowledged; in the time since then it can have reached {furthest} at most"
    )
