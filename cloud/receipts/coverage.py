"""Which booked time has receipts: gaps and overlaps of the intervals of each camera."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from cloud.receipts.receipt_file import MissingInterval, ReceiptLine, TimeSpan
from wire.receipts.receipt import Receipt

TOLERANCE = timedelta(seconds=1)  # between consecutive intervals, which round to milliseconds
Camera = tuple[str, str]
"""Location and device."""


def list_booked(lines: Iterable[ReceiptLine]) -> dict[Camera, list[TimeSpan]]:
    """The booked time of each camera, without overlaps, in order."""
    booked: dict[Camera, list[TimeSpan]] = {}
    for line in lines:
        for device in line.devices:
            booked.setdefault((line.location, device), []).extend(line.booked)
    return {camera: merge_ranges(ranges) for camera, ranges in booked.items()}


def list_booked_at(lines: Iterable[ReceiptLine]) -> dict[str, list[TimeSpan]]:
    """The booked time of each location, of all its cameras, without overlaps, in order."""
    booked: dict[str, list[TimeSpan]] = {}
    for line in lines:
        booked.setdefault(line.location, []).extend(line.booked)
    return {location: merge_ranges(ranges) for location, ranges in booked.items()}


def is_overlapping(ranges: Sequence[TimeSpan], one: TimeSpan) -> bool:
    """Whether an interval overlaps one of the ranges, which are in order."""
    after = bisect_left(ranges, one.ends_at, key=lambda each: each.starts_at)
    return after > 0 and ranges[after - 1].ends_at > one.starts_at


def merge_ranges(ranges: Iterable[TimeSpan]) -> list[TimeSpan]:
    """The same time as ranges that neither overlap nor touch."""
    merged: list[TimeSpan] = []
    for one in sorted(ranges):
        if merged and one.starts_at <= merged[-1].ends_at:
            ends_at = max(merged[-1].ends_at, one.ends_at)
            merged[-1] = TimeSpan(starts_at=merged[-1].starts_at, ends_at=ends_at)
        else:
            merged.append(one)
    return merged


def find_gaps(booked: Sequence[TimeSpan], covered: Iterable[TimeSpan]) -> Iterator[TimeSpan]:
    """Parts of booked time, of more than a second, that no interval covers; both in order."""
    pending = merge_ranges(covered)
    for one in booked:
        at = one.starts_at
        for part in pending:
            if part.ends_at <= at or part.starts_at >= one.ends_at:
                continue
            if part.starts_at - at > TOLERANCE:
                yield TimeSpan(starts_at=at, ends_at=part.starts_at)
            at = part.ends_at
        if one.ends_at - at > TOLERANCE:
            yield TimeSpan(starts_at=at, ends_at=one.ends_at)


def find_missing(
    lines: Iterable[ReceiptLine], covered: Iterable[tuple[Camera, TimeSpan]]
) -> list[MissingInterval]:
    """The booked time of each camera without a receipt."""
    intervals: dict[Camera, list[TimeSpan]] = {}
    for camera, one in covered:
        intervals.setdefault(camera, []).append(one)
    return [
        MissingInterval(
            location=camera[0], device=camera[1], starts_at=gap.starts_at, ends_at=gap.ends_at
        )
        for camera, booked in sorted(list_booked(lines).items())
        for gap in find_gaps(booked, intervals.get(camera, ()))
    ]


def find_overlaps(receipts: Iterable[Receipt]) -> Iterator[tuple[Receipt, Receipt]]:
    """Receipts of one device whose intervals overlap, or that have the same report; each once."""
    every, found = list(receipts), set[int]()
    for before, one in [*_find_same_reports(every), *_find_same_times(every)]:
        if id(one) not in found:
            found.add(id(one))
            yield before, one


def _find_same_reports(receipts: Iterable[Receipt]) -> Iterator[tuple[Receipt, Receipt]]:
    """However short their intervals are."""
    last: dict[tuple[str, str], Receipt] = {}
    for one in sorted(receipts, key=lambda each: (each.device, each.journal, each.sequence.first)):
        journal = one.device, one.journal
        before = last.get(journal)
        if before is not None and before.sequence.last >= one.sequence.first:
            yield before, one
        if before is None or one.sequence.last > before.sequence.last:
            last[journal] = one


def _find_same_times(receipts: Iterable[Receipt]) -> Iterator[tuple[Receipt, Receipt]]:
    last: dict[str, Receipt] = {}
    for one in sorted(receipts, key=lambda each: (each.device, each.starts_at)):
        before = last.get(one.device)
        if before is not None and before.ends_at - one.starts_at > TOLERANCE:
            yield before, one
        if before is None or one.ends_at > before.ends_at:
            last[one.device] = one
