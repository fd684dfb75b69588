"""Fixed buckets, the same on every camera, so that histograms can be added.

A bucket holds the values from its lower edge up to, and not including, its upper edge. The first
bucket starts at zero, the last one is open. Edges follow the lengths of spots and loops (1 to
120 s) that impressions are computed from; changing them is a new version of the wire schema.
"""

from bisect import bisect_right
from typing import Final

DWELL_EDGES_MS: Final = (
    1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000,
    20_000, 30_000, 45_000, 60_000, 90_000, 120_000, 300_000,
)  # fmt: skip
"""Dwell of ended visits: 15 buckets."""

ATTENTION_EDGES_MS: Final = (
    1, 500, 1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000, 60_000,
)  # fmt: skip
"""Looking time of ended visits: 13 buckets, of which the first means "never looked"."""


def bucket_of(value_ms: int, edges_ms: tuple[int, ...]) -> int:
    """Index of the bucket that holds `value_ms`."""
    return bisect_right(edges_ms, value_ms)


def tally(values_ms: list[int], edges_ms: tuple[int, ...]) -> tuple[int, ...]:
    """Count how many of `values_ms` fall in each bucket."""
    counts = [0] * (len(edges_ms) + 1)
    for value_ms in values_ms:
        counts[bucket_of(value_ms, edges_ms)] += 1
    return tuple(counts)


def quantile_ms(counts: tuple[int, ...], edges_ms: tuple[int, ...], share: float) -> float | None:
    """The value below which `share` of the histogram lies, interpolated linearly in a bucket.

    None when the histogram is empty. The open bucket returns its lower edge.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    lower, seen = 0, 0
    for count, upper in zip(counts, (*edges_ms, edges_ms[-1]), strict=True):
        if count and seen + count >= wanted:
            return lower + (upper - lower) * (wanted - seen) / count
        lower, seen = upper, seen + count
    return float(edges_ms[-1])
