"""One stream's part of a batch: which of its reports are new, which were counted, what is lost.

The same rules as `cloud.ingest.commit`, on the same `ReceivedRanges`. Runs on the executors, one
stream at a time; no Spark in here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cloud.database import EPOCH, microseconds
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.received_ranges import (
    ReceivedRanges,
    SequenceStatus,
    StreamProgress,
    implausible_sequence,
)
from cloud.stream_spark.parse import FORGOTTEN, REPORT


class StreamResult(NamedTuple):
    """What becomes of a stream and of each of its items, in their order."""

    through: int
    received_ranges: str
    through_us: int
    moved_us: int
    standings: list[str]
    lost: list[tuple[int, int]]
    heard: bool  # the camera is to be told how far it is settled


SCHEMA: Final = (
    "through bigint, received_ranges string, through_us bigint, moved_us bigint, "
    "standings array<string>, lost array<struct<first: bigint, last: bigint>>, heard boolean"
)
SETTLING: Final = (SequenceStatus.NEW, SequenceStatus.OVERLAP)
TOO_FAR: Final = "SEQUENCE"
Item = tuple[str, int, int, int]
"""What, first, last, and when in microseconds since 1970; 0: at an unknown time."""


class StreamState(NamedTuple):
    """A stream as the batches before have left it; all None without one."""

    through: int | None = None
    received_ranges: str | None = None
    through_us: int | None = None
    moved_us: int | None = None

    @property
    def age(self) -> StreamProgress:
        """When its mark was reached; streams of older versions do not say."""
        if self.through_us is None or self.moved_us is None:
            return StreamProgress()
        return StreamProgress(_instant(self.through_us), _instant(self.moved_us))


def finalize_stream(
    held: StreamState, items: Sequence[Item], *, now: datetime, rules: ValidationRules
) -> StreamResult:
    """Settle the items of one stream."""
    settled, age = ReceivedRanges.read(held.through or 0, held.received_ranges or "[]"), held.age
    standings: list[str] = []
    forgotten = 1
    for what, first, last, at_us in items:
        at = _instant(at_us) if at_us else now
        furthest = age.furthest(settled.through, at, now, rules)
        if implausible_sequence(last, furthest, settled.through):
            standings.append(TOO_FAR)
            continue
        if what == FORGOTTEN:
            forgotten = max(forgotten, first)
            standings.append("")
            continue
        standing = settled.status(first, last)
        standings.append(standing.name)
        if standing in SETTLING:
            before, settled = settled, settled.adding(first, last)
            if what == REPORT and settled.through > before.through:
                age = StreamProgress(min(at, now), now)
    lost = settled.gaps_below(forgotten)
    if lost:
        settled = settled.adding(1, forgotten - 1)
    heard = bool(lost) or any(one not in ("", TOO_FAR) for one in standings)
    times = microseconds(age.through_at), microseconds(age.moved_at)
    return StreamResult(settled.through, settled.ranges_json, *times, standings, list(lost), heard)


def _instant(at_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=at_us)
