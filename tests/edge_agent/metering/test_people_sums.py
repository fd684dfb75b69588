import pytest

from edge_agent.metering.creative_shares import CreativeSums
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.metering.people_sums import (
    PeopleSums,
    add_counts,
    merge_creatives,
    set_people,
    subtract_counts,
    take_amount,
)
from edge_agent.perception.attention import Attention, AttentionBand
from wire.audience import MAX_CREATIVES, UNKNOWN_CREATIVE

L, A = Attention.LOOKING, Attention.AWAY
HIGH, LOW = AttentionBand.HIGH, AttentionBand.LOW


def people(**fields):
    values = {
        "attention_ms": {L: 90_000, A: 50_000}, "band_ms": {HIGH: 100_000, LOW: 40_000},
        "entries": 3, "visits": 2, "onlookers": 1, "dwell_ms": 150_000, "peak": 2,
    }  # fmt: skip
    return PeopleSums(**{**values, **fields})


def creative(**attention_ms):
    one = CreativeSums()
    one.attention_ms.update({Attention(name): ms for name, ms in attention_ms.items()})
    return one


def test_people_are_removed_from_an_interval_and_set_again():
    interval = IntervalSums(0, 30_000)
    set_people(interval, people())
    taken = PeopleSums.take_from(interval)
    assert taken.attention_ms == {**dict.fromkeys(Attention, 0), L: 90_000, A: 50_000}
    assert (taken.entries, taken.visits, taken.onlookers, taken.peak) == (3, 2, 1, 2)
    assert PeopleSums.take_from(interval).is_empty
    assert interval.peak == 0


@pytest.mark.parametrize(
    ("sums", "is_counted", "is_empty"),
    [
        (PeopleSums(), False, True),
        (PeopleSums(attention_ms={A: 1}), False, False),
        (PeopleSums(attention_ms={A: 0}), False, True),
        (PeopleSums(entries=1), True, False),
        (PeopleSums(visits=1), True, False),
        (PeopleSums(peak=1), True, False),
    ],
)
def test_time_without_a_count_is_neither_counted_nor_empty(sums, is_counted, is_empty):
    assert (sums.is_counted, sums.is_empty) == (is_counted, is_empty)


def test_adding_sums_everything_but_the_peak():
    sums = people()
    sums.add(people(attention_ms={L: 1}, band_ms={LOW: 1}, peak=5))
    assert sums.attention_ms == {L: 90_001, A: 50_000}
    assert sums.band_ms == {HIGH: 100_000, LOW: 40_001}
    assert (sums.entries, sums.visits, sums.onlookers, sums.dwell_ms) == (6, 4, 2, 300_000)
    assert sums.peak == 5


def test_creatives_beyond_the_limit_are_added_to_the_unknown_one():
    sums = PeopleSums()
    names = [f"ad-{n}" for n in range(MAX_CREATIVES + 5)]
    sums.add(PeopleSums(creatives={name: {L: 10} for name in names}))
    sums.add(PeopleSums(creatives={"ad-0": {L: 1}}))
    assert len(sums.creatives) == MAX_CREATIVES
    assert sums.creatives["ad-0"] == {L: 11}
    assert sums.creatives[UNKNOWN_CREATIVE] == {L: 60}


def test_counts_are_taken_out_with_time_in_whole_units():
    sums = people()
    taken = sums.take_out(1_000_000, unit_ms=60_000)
    assert taken == PeopleSums(
        attention_ms={L: 60_000}, band_ms={HIGH: 60_000},
        entries=3, visits=2, onlookers=1, dwell_ms=120_000, peak=2,
    )  # fmt: skip
    assert sums == PeopleSums(
        attention_ms={L: 30_000, A: 50_000}, band_ms={HIGH: 40_000, LOW: 40_000}, dwell_ms=30_000
    )


def test_no_more_time_is_taken_out_than_allowed():
    sums = people()
    taken = sums.take_out(100_000)
    assert taken.attention_ms == {L: 90_000, A: 10_000}
    assert taken.band_ms == {HIGH: 100_000}
    assert sums.person_ms == 40_000


def test_time_of_an_unmeasured_head_is_in_the_lowest_band():
    interval = IntervalSums(0, 30_000)
    set_people(interval, people(band_ms={HIGH: 100_000}))
    assert interval.band_ms == {**dict.fromkeys(AttentionBand, 0), HIGH: 100_000, LOW: 40_000}


def test_creatives_of_an_interval_always_add_up_to_its_people():
    interval = IntervalSums(0, 30_000)
    interval.creatives = {"tea": creative(looking=7)}
    set_people(interval, people(creatives={"tea": {L: 30_000}, "milk": {A: 20_000}}))
    spent = {name: one.attention_ms for name, one in interval.creatives.items()}
    assert (spent["tea"][L], spent["milk"][A]) == (30_000, 20_000)
    assert (spent[UNKNOWN_CREATIVE][L], spent[UNKNOWN_CREATIVE][A]) == (60_000, 30_000)


def test_an_interval_without_creatives_gets_none():
    interval = IntervalSums(0, 30_000)
    set_people(interval, people(creatives={"tea": {L: 1}}))
    assert interval.creatives == {}


def test_differences_are_never_below_zero_and_zeros_are_left_out():
    assert add_counts({"a": 1, "b": 0}, {"a": 2}) == {"a": 3}
    assert subtract_counts({"a": 3, "b": 1}, {"a": 3, "b": 2, "c": 1}) == {}


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        (0, {}),
        (4, {"large": 4}),
        (7, {"large": 5, "small": 2}),
        (100, {"large": 5, "small": 3}),
    ],
)
def test_an_amount_is_taken_from_the_largest_part_first(amount, taken):
    assert take_amount(amount, {"small": 3, "none": 0, "large": 5}) == taken


def test_plays_of_the_same_creative_are_merged():
    tea = CreativeSums(plays=1, observed_ms=10, visits={1})
    merged = merge_creatives({"tea": tea}, [("tea", CreativeSums(2, 20, visits={1, 2}))])
    assert (merged["tea"].plays, merged["tea"].observed_ms, merged["tea"].visits) == (3, 30, {1, 2})


def test_plays_of_creatives_beyond_the_limit_are_not_lost():
    names = [f"ad-{n}" for n in range(MAX_CREATIVES + 1)]
    merged = merge_creatives({}, [(name, CreativeSums(plays=1)) for name in names])
    assert len(merged) == MAX_CREATIVES
    assert merged[UNKNOWN_CREATIVE].plays == 2
