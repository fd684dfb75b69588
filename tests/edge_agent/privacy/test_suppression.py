"""Cells of a few people wait; those of a report from elsewhere are left out."""

from msgspec import UNSET, structs

from edge_agent.privacy.suppression import (
    ZoneCell,
    drop_small_cells,
    release_buckets,
    release_zone,
    select_creatives,
)
from tests.edge_agent.outbox.reports import quiet_minute
from wire.audience import ZoneSum
from wire.scalars import JournalId, SequenceRange


def test_the_largest_buckets_are_released_first_up_to_the_reported_count():
    waiting = [4, 9, 6, 0]
    assert release_buckets(waiting, 12, 5) == [0, 9, 0, 0]
    assert waiting == [4, 0, 6, 0]
    assert release_buckets(waiting, 12, 5) == [0, 0, 6, 0]
    assert release_buckets(waiting, 12, 5) == [0, 0, 0, 0]


def test_a_zone_is_released_with_enough_people_up_to_the_reported_time():
    zone = ZoneCell(4, 9_000, 2_000)
    assert release_zone(zone, 60_000, 5) is None
    zone.entries = 5
    released = release_zone(zone, 6_000, 5)
    assert (released, zone) == (ZoneCell(5, 6_000, 2_000), ZoneCell(0, 3_000, 0))
    assert release_zone(ZoneCell(), 0, 5) == ZoneCell()
    assert release_zone(ZoneCell(5, 9_000, 0, outside=4, outside_ms=1), 60_000, 5) is None
    enough = ZoneCell(5, 9_000, 0, outside=5, outside_ms=1)
    assert release_zone(enough, 60_000, 5) == ZoneCell(5, 9_000, 0)
    assert enough == ZoneCell()


def test_creatives_are_named_with_enough_visits_for_them_and_the_rest():
    many, more, few = {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}, {7}
    spent = {"tea": 500, "milk": 600, "rum": 10}
    assert select_creatives({"tea": many, "milk": more}, spent, 1_100, 5) == {"tea", "milk"}
    assert select_creatives({"tea": many, "milk": more, "rum": few}, spent, 1_110, 5) == {"milk"}
    assert select_creatives({"tea": many, "milk": more}, spent, 1_150, 5) == {"milk"}
    assert select_creatives({"tea": many, "unknown": many}, {"tea": 500, "unknown": 9}, 509, 5) == {
        "tea"
    }
    assert select_creatives({"tea": many, "rum": few}, spent, 510, 5) == set()


def test_a_report_of_an_older_agent_leaves_without_its_small_cells_and_with_its_totals():
    report = structs.replace(
        quiet_minute(JournalId("0" * 16), SequenceRange(first=1, last=1)),
        visits=9, dwell_histogram=(4, 5, *[0] * 13), attention_histogram=(9, *[0] * 12),
        person_ms=9_000,
        zones={
            "few": ZoneSum(entries=4, person_ms=10, looking_ms=0),
            "many": ZoneSum(entries=5, person_ms=10, looking_ms=0),
            "empty": ZoneSum(entries=0, person_ms=0, looking_ms=0),
            "passing": ZoneSum(entries=0, person_ms=10, looking_ms=0),
        },
    )  # fmt: skip
    left = drop_small_cells(report, 5)
    assert left.dwell_histogram == (0, 5, *[0] * 13)
    assert set(left.zones) == {"many", "empty"}
    assert (left.visits, left.person_ms) == (9, 9_000)
    assert drop_small_cells(report, 1) == report
    alone = structs.replace(report, zones={"few": report.zones["few"]})
    assert drop_small_cells(alone, 5).zones is UNSET
