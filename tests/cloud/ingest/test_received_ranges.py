"""The acknowledged numbers are a set, independent of their order of arrival."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.received_ranges import MOST_RANGES, ReceivedRanges, SequenceStatus

ranges = st.tuples(st.integers(1, 40), st.integers(0, 6)).map(lambda pair: (pair[0], sum(pair)))


def numbers(settled: ReceivedRanges) -> set[int]:
    ranges = {n for first, last in settled.ranges for n in range(first, last + 1)}
    return set(range(1, settled.through + 1)) | ranges


@given(st.lists(ranges, max_size=20), ranges)
def test_it_contains_exactly_the_numbers_that_were_added(
    added: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    settled, truth = ReceivedRanges(), set[int]()
    for first, last in added:
        settled = settled.adding(first, last)
        truth |= set(range(first, last + 1))
    assert numbers(settled) == truth
    assert settled == ReceivedRanges.read(settled.through, settled.ranges_json)
    inside = set(range(asked[0], asked[1] + 1))
    wanted = (
        SequenceStatus.DUPLICATE if inside <= truth
        else SequenceStatus.OVERLAP if inside & truth
        else SequenceStatus.NEW
    )  # fmt: skip
    assert settled.status(*asked) is wanted


@given(st.lists(ranges, max_size=20), st.integers(1, 50))
def test_its_gaps_are_what_is_missing_below_a_number(
    added: list[tuple[int, int]], sequence: int
) -> None:
    settled = ReceivedRanges()
    for first, last in added:
        settled = settled.adding(first, last)
    gaps = settled.gaps_below(sequence)
    missing = [n for first, last in gaps for n in range(first, last + 1)]
    assert missing == sorted(set(range(1, sequence)) - numbers(settled))


@given(st.lists(ranges, max_size=20))
def test_ranges_neither_touch_nor_overlap_nor_adjoin_the_mark(
    added: list[tuple[int, int]],
) -> None:
    settled = ReceivedRanges()
    for first, last in added:
        settled = settled.adding(first, last)
    edges = [settled.through, *(edge for one in settled.ranges for edge in one)]
    shores = edges[::2], edges[1::2]
    assert all(begins > ends + 1 for ends, begins in zip(*shores, strict=False))


@pytest.mark.parametrize(
    ("first", "standing"),
    [(2, SequenceStatus.NEW), (3, SequenceStatus.DUPLICATE), (9_999, SequenceStatus.SCATTERED)],
)
def test_beyond_too_many_gaps_only_the_next_one_is_taken(
    first: int, standing: SequenceStatus
) -> None:
    settled = ReceivedRanges(1, tuple((2 * n + 1, 2 * n + 1) for n in range(1, MOST_RANGES + 1)))
    assert settled.status(first, first) is standing
