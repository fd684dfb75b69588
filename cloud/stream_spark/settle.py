"""One journal's part of a batch: which of its reports are new, which were counted, what is lost.

The same rules as `cloud.ingest.commit`, on the same `Settled`. Runs on the executors, a journal at
a time; no Spark in here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cloud.database import EPOCH, microseconds
from cloud.ingest.plausible import Rules
from cloud.ingest.settled import Age, Settled, Standing, too_far
from cloud.stream_spark.rows import FORGOTTEN, REPORT


class Verdict(NamedTuple):
    """What becomes of a journal and of each of its items, in their order."""

    through: int
    islands: str
    through_us: int
    moved_us: int
    standings: list[str]
    lost: list[tuple[int, int]]
    heard: bool  # the camera is to be told how far it is settled


SCHEMA: Final = (
    "through bigint, islands string, through_us bigint, moved_us bigint, "
    "standings array<string>, lost array<struct<first: bigint, last: bigint>>, heard boolean"
)
SETTLING: Final = (Standing.NEW, Standing.OVERLAP)
TOO_FAR: Final = "SEQUENCE"
Item = tuple[str, int, int, int]
"""What, first, last, and when in microseconds since 1970; 0: at an unknown time."""


class Held(NamedTuple):
    """A journal as the batches before have left it; all None without one."""

    through: int | None = None
    islands: str | None = None
    through_us: int | None = None
    moved_us: int | None = None

    @property
    def age(self) -> Age:
        """When its mark was reached; journals of older versions do not say."""
        if self.through_us is None or self.moved_us is None:
            return Age()
        return Age(_instant(self.through_us), _instant(self.moved_us))


def settle(held: Held, items: Sequence[Item], *, now: datetime, rules: Rules) -> Verdict:
    """Settle the items of one journal."""
    settled, age = Settled.read(held.through or 0, held.islands or "[]"), held.age
    standings: list[str] = []
    forgotten = 1
    for what, first, last, at_us in items:
        at = _instant(at_us) if at_us else now
        furthest = age.furthest(settled.through, at, now, rules)
        if too_far(last, furthest, settled.through):
            standings.append(TOO_FAR)
            continue
        if what == FORGOTTEN:
            forgotten = max(forgotten, first)
            standings.append("")
            continue
        standing = settled.standing(first, last)
        standings.append(standing.name)
        if standing in SETTLING:
            before, settled = settled, settled.adding(first, last)
            if what == REPORT and settled.through > before.through:
                age = Age(min(at, now), now)
    lost = settled.gaps_below(forgotten)
    if lost:
        settled = settled.adding(1, forgotten - 1)
    heard = bool(lost) or any(one not in ("", TOO_FAR) for one in standings)
    times = microseconds(age.through_at), microseconds(age.moved_at)
    return Verdict(settled.through, settled.islands_json, *times, standings, list(lost), heard)


def _instant(at_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=at_us)
