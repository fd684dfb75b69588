"""Targeting is read strictly, and what is written is read back."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.booking.opendirect.targeting import (
    LineTargets,
    Targeting,
    TargetingError,
    describe_frames,
    describe_hours,
    describe_share,
    describe_spot,
    list_demand,
    read_targets,
)
from tests.cloud.rates import sites

SITE = sites().location("KX-01")
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(target: str, *values: str | int) -> LineTargets:
    return read_targets([Targeting(name="Delivery", target=target, targetvalues=values)], SITE)


def test_targets_are_read() -> None:
    assert read("ShareOfDisplay/ShareOfTime", "33.33").positions == 2
    assert read("ShareOfDisplay/ShareOfTime", 100).positions == 6
    assert read("Time/Hours", 0, "3").hours == {0, 3}
    assert read("time/days", "1").days == {1}
    assert read("frame_id", "KX-01") == LineTargets(None, None, 1)


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("ShareOfDisplay/ShareOfTime", ("17",)),
        ("ShareOfDisplay/ShareOfTime", ("-16.67",)),
        ("Time/Hours", ("168",)),
        ("Time/Hours", ()),
        ("Time/Hours", ("²",)),
        ("Time/Hours", ("9" * 5_000,)),
        ("Time/Days", ("Monday",)),
        ("frame_id", ("LB-01",)),
    ],
)
def test_targets_that_cannot_be_sold_are_refused(target: str, values: tuple[str, ...]) -> None:
    with pytest.raises(TargetingError) as error:
        read(target, *values)
    assert error.value.field == "producttargeting"


def test_hours_count_from_the_start_of_the_line_and_days_are_local() -> None:
    targets = LineTargets(frozenset({0, 2, 25}), frozenset({1}), 2)
    found = list_demand(SITE, MONDAY, MONDAY + timedelta(days=2), targets)
    hours = [(one.starts_at_s - int(MONDAY.timestamp())) // 3600 for one in found]
    assert hours == [0, 2]
    assert {one.positions for one in found} == {2}


@pytest.mark.parametrize("days", [0, -1, 93])
def test_a_flight_is_limited(days: int) -> None:
    with pytest.raises(TargetingError):
        list_demand(SITE, MONDAY, MONDAY + timedelta(days=days), LineTargets(None, None, 1))
    never = LineTargets(frozenset({5}), None, 1)
    with pytest.raises(TargetingError, match="no hour"):
        list_demand(SITE, MONDAY, MONDAY + HOUR, never)


def test_a_flight_at_the_end_of_the_calendar_is_refused() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    with pytest.raises(TargetingError, match="outside 2000 to 2099"):
        list_demand(SITE, last - 3 * HOUR, last, LineTargets(None, None, 1))


def test_what_is_written_is_read_back() -> None:
    start = int(MONDAY.timestamp())
    written = [
        describe_frames("KX-01"),
        describe_hours([start, start + 7200]),
        describe_share(3, SITE, selectable=False),
        describe_spot(SITE),
    ]
    elements = [
        Targeting(name=one["name"], target=one["target"], targetvalues=tuple(one["targetvalues"]))
        for one in written
    ]
    assert read_targets(elements, SITE) == LineTargets(frozenset({0, 2}), None, 3)
    assert describe_share(1, SITE, selectable=True)["targetvalues"][0] == "16.67"
