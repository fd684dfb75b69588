"""Finalise one stream's part of a batch: which reports are new, which were counted, which are lost.

The same rules as `cloud.ingest.commit`, on the same `ReceivedRanges`. Runs on the executors, one
stream at a time, without Spark.
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
from cloud.stream_spark.parse import OLDEST_HELD, REPORT


class StreamResult(NamedTuple):
    """The result of a stream and of each of its items, in their order."""

    through: int
    received_ranges: str
    through_us: int
    moved_us: int
    statuses: list[str]
    lost: list[tuple[int, int]]
    is_to_acknowledge: bool  # send an acknowledgement


SCHEMA: Final = (
    "through bigint, received_ranges string, through_us bigint, moved_us bigint, "
    "statuses array<string>, lost array<struct<first: bigint, last: bigint>>, "
    "is_to_acknowledge boolean"
)
ACKNOWLEDGED: Final = (SequenceStatus.NEW, SequenceStatus.OVERLAP)
TOO_FAR: Final = "SEQUENCE"
Item = tuple[str, int, int, int]
"""What, first, last, and when in microseconds since 1970; 0: at an unknown time."""


class StreamState(NamedTuple):
    """The state of a stream after earlier batches; all None for a new stream."""

    through: int | None = None
    received_ranges: str | None = None
    through_us: int | None = None
    moved_us: int | None = None

    @property
    def age(self) -> StreamProgress:
        """When its mark was reached; streams of older versions do not record it."""
        if self.through_us is None or self.moved_us is None:
            return StreamProgress()
        return StreamProgress(_instant(self.through_us), _instant(self.moved_us))


def finalize_stream(
    before_batch: StreamState, items: Sequence[Item], *, now: datetime, rules: ValidationRules
) -> StreamResult:
    """Settle the items of one stream."""
    received, age = (
        ReceivedRanges.read(before_batch.through or 0, before_batch.received_ranges or "[]"),
        before_batch.age,
    )
    statuses: list[str] = []
    oldest_held = 1
    for what, first, last, at_us in items:
        at = _instant(at_us) if at_us else now
        furthest = age.furthest(received.through, at, now, rules)
        if implausible_sequence(last, furthest, received.through):
            statuses.append(TOO_FAR)
            continue
        if what == OLDEST_HELD:
            oldest_held = max(oldest_held, first)
            statuses.append("")
            continue
        status = received.status(first, last)
        statuses.append(status.name)
        if status in ACKNOWLEDGED:
            before, received = received, received.adding(first, last)
            if what == REPORT and received.through > before.through:
                age = StreamProgress(min(at, now), now)
    lost = received.gaps_below(oldest_held)
    if lost:
        received = received.adding(1, oldest_held - 1)
    is_to_acknowledge = bool(lost) or any(one not in ("", TOO_FAR) for one in statuses)
    times = microseconds(age.through_at), microseconds(age.moved_at)
    return StreamResult(
        received.through, received.ranges_json, *times, statuses, list(lost), is_to_acknowledge
    )


def _instant(at_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=at_us)
