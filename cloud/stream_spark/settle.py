"""One journal's part of a batch: which of its reports are new, which were counted, what is lost.

The same rules as `cloud.ingest.commit`, on the same `Settled`. Runs on the executors, a journal at
a time; no Spark in here.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from cloud.ingest.settled import Settled, Standing
from cloud.stream_spark.rows import FORGOTTEN


class Verdict(NamedTuple):
    """What becomes of a journal and of each of its items, in their order."""

    through: int
    islands: str
    standings: list[str]
    lost: list[tuple[int, int]]
    heard: bool  # the camera is to be told how far it is settled


SCHEMA: Final = (
    "through bigint, islands string, standings array<string>, "
    "lost array<struct<first: bigint, last: bigint>>, heard boolean"
)
SETTLING: Final = (Standing.NEW, Standing.OVERLAP)


def settle(
    through: int | None, islands: str | None, items: Sequence[tuple[str, int, int]]
) -> Verdict:
    """Settle (what, first, last) of one journal; without a past it begins at nothing."""
    settled = Settled.read(through or 0, islands or "[]")
    standings: list[str] = []
    forgotten = 1
    for what, first, last in items:
        if what == FORGOTTEN:
            forgotten = max(forgotten, first)
            standings.append("")
            continue
        standing = settled.standing(first, last)
        standings.append(standing.name)
        if standing in SETTLING:
            settled = settled.adding(first, last)
    lost = settled.gaps_below(forgotten)
    if lost:
        settled = settled.adding(1, forgotten - 1)
    heard = bool(lost) or any(standings)
    return Verdict(settled.through, settled.islands_json, standings, list(lost), heard)
