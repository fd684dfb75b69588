"""Which sequences of a journal are settled: an unbroken run from 1, and islands beyond gaps.

"Settled" means counted, or set aside as a dead letter, for ever. Whatever lies wholly within is a
duplicate; what lies half within can be neither counted nor split, since its sums are one.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, Self

from cloud.ingest.plausible import Rules

GAP: Final = 10_000
"""Numbers that a report may always lie ahead of the mark: messages overtake each other, and clocks
are set."""
FIRST_DEVICE_AT: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No stream is older; it bounds the numbers of a stream that this database has not met."""
MOST_ISLANDS: Final = 1_000  # a device that leaves more gaps than this has lost its numbering


class Standing(Enum):
    """How a range of sequences stands to what is settled."""

    NEW = auto()
    DUPLICATE = auto()
    OVERLAP = auto()
    SCATTERED = auto()  # new, but beyond more gaps than are remembered


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything up to `through`, and `islands`: sorted ranges that neither touch nor overlap."""

    through: int = 0
    islands: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, through: int, islands: str) -> Self:
        """From the columns of a journal."""
        if islands == "[]":
            return cls(through)
        return cls(through, tuple((first, last) for first, last in json.loads(islands)))

    @property
    def islands_json(self) -> str:
        """The islands as they are stored."""
        return json.dumps(self.islands) if self.islands else "[]"

    def standing(self, first: int, last: int) -> Standing:
        """Whether `first`..`last` is news."""
        if last <= self.through:
            return Standing.DUPLICATE
        if first <= self.through:
            return Standing.OVERLAP
        for begins, ends in self.islands:
            if begins <= first and last <= ends:
                return Standing.DUPLICATE
            if begins <= last and first <= ends:
                return Standing.OVERLAP
        if first > self.through + 1 and len(self.islands) >= MOST_ISLANDS:
            return Standing.SCATTERED
        return Standing.NEW

    def gaps_below(self, sequence: int) -> tuple[tuple[int, int], ...]:
        """The ranges before `sequence` that are not settled."""
        begins = (self.through + 1, *(last + 1 for _, last in self.islands))
        ends = (*(first - 1 for first, _ in self.islands), sequence - 1)
        return tuple(
            (first, min(last, sequence - 1))
            for first, last in zip(begins, ends, strict=True)
            if first < sequence and first <= last
        )

    def is_in_the_way(self, first: int, last: int) -> bool:
        """Whether `first`..`last` comes next and later numbers are settled already."""
        comes_next = first == self.through + 1 <= last
        return comes_next and bool(self.islands) and last < self.islands[0][0]

    def adding(self, first: int, last: int) -> "Settled":
        """The same with `first`..`last` settled too."""
        if not self.islands and first <= self.through + 1:
            return Settled(max(self.through, last))
        through, islands = self.through, list[tuple[int, int]]()
        for begins, ends in sorted((*self.islands, (first, last))):
            if begins <= through + 1:
                through = max(through, ends)
            elif islands and begins <= islands[-1][1] + 1:
                islands[-1] = (islands[-1][0], max(islands[-1][1], ends))
            else:
                islands.append((begins, ends))
        return Settled(through, tuple(islands))


@dataclass(frozen=True, slots=True)
class Age:
    """When the report at the mark ended, as far as it is known, and when the mark last moved.

    The time since then bounds how far the numbers of the stream can have advanced, so an outage of
    weeks is believed and a number from nowhere is not.
    """

    through_at: datetime = FIRST_DEVICE_AT
    moved_at: datetime = FIRST_DEVICE_AT

    def furthest(self, through: int, at: datetime, now: datetime, rules: Rules) -> int:
        """The largest number that a message of `at` can speak of."""
        elapsed = max(min(at, now) - self.through_at, now - self.moved_at)
        return through + GAP + rules.sequences_within(elapsed)


def too_far(last: int, furthest: int, through: int) -> str | None:
    """Why a sequence number cannot be of this stream; None when it can."""
    if last <= furthest:
        return None
    return (
        f"sequence number {last} lies {last - through} beyond {through}, up to which the stream is "
        f"acknowledged; in the time since then it can have reached {furthest} at most"
    )
