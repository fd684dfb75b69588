"""Status and reason of each hour, and runs of hours that are alike."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from cloud.booking.inventory.avails import (
    AvailRun,
    AvailStatus,
    SlotCounts,
    compute_avails,
    summarize,
)
from cloud.booking.inventory.blackouts import BlackoutKind
from cloud.booking.slots import AvailReason
from cloud.database import EPOCH
from tests.cloud.booking.capacity_data import EIGHT_S, NOW, SITES
from tests.cloud.booking.inventory.test_blackouts import REPAIR

SITE = SITES.location("KX-01")
AVAILABLE, PARTIAL, UNAVAILABLE = AvailStatus


def column(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def compute(taken, held=None, outside=None, *, positions=2, hours=None, **more):
    hours_s = column(*(EIGHT_S + 3600 * one for one in hours or range(len(taken))))
    none = [0] * len(taken)
    counts = SlotCounts(column(*taken), column(*(held or none)), column(*(outside or none)))
    wanted = np.full(hours_s.shape, positions)
    return compute_avails(SITE, hours_s, counts, positions=wanted, now=more.pop("now", NOW), **more)


def words(found) -> list[tuple]:
    return [(one.hours, one.status, one.reason, one.free) for one in found.runs]


def test_free_positions_are_what_is_neither_taken_here_nor_outside():
    found = compute([0, 4, 5, 6, 3], outside=[0, 0, 0, 0, 3])
    assert words(found) == [
        (1, AVAILABLE, None, 6),
        (1, AVAILABLE, None, 2),
        (1, PARTIAL, AvailReason.BOOKED, 1),
        (2, UNAVAILABLE, AvailReason.BOOKED, 0),
    ]
    assert found.status is PARTIAL
    assert found.runs[0] == AvailRun(EIGHT_S, 1, AVAILABLE, None, 6)


def test_more_than_all_is_not_negative():
    assert words(compute([6], outside=[4])) == [(1, UNAVAILABLE, AvailReason.BOOKED, 0)]


def test_a_hold_that_has_the_missing_positions_makes_them_optioned():
    found = compute([5, 5, 6], held=[1, 0, 2])
    assert [one.reason for one in found.runs] == [
        AvailReason.OPTIONED, AvailReason.BOOKED, AvailReason.OPTIONED,
    ]  # fmt: skip


def test_a_gap_in_time_ends_a_run():
    found = compute([0, 0, 0], hours=[0, 1, 5])
    assert [(one.starts_at_s - EIGHT_S, one.hours) for one in found.runs] == [(0, 2), (18_000, 1)]
    assert found.status is AVAILABLE


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"blackouts": [REPAIR]}, AvailReason.OUT_OF_CHARGE),
        ({"blackouts": [replace(REPAIR, kind=BlackoutKind.BLACKOUT)]}, AvailReason.EXCLUDED),
        ({"is_prohibited": True}, AvailReason.PROHIBITED),
        ({"is_prohibited": True, "now": EPOCH + timedelta(seconds=EIGHT_S + 3601)},
         AvailReason.INVALID_PERIOD),
    ],
)  # fmt: skip
def test_a_closed_hour_has_nothing_free_and_says_why(more, reason):
    found = compute([0, 2, 0], **more)
    assert found.runs[min(1, len(found.runs) - 1)].free == 0
    assert reason in {one.reason for one in found.runs}


def test_a_screen_without_an_asked_hour_is_unavailable():
    assert compute([]).status is UNAVAILABLE
    assert summarize([AVAILABLE, AVAILABLE]) is AVAILABLE
    assert summarize([AVAILABLE, UNAVAILABLE]) is PARTIAL
