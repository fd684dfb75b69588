"""When a step of the clock shows that earlier times were wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.wall_clock import WallClock, is_synchronized

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WOKE = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def steps(wall_clock, *moments):
    return [wall_clock.observe(at, elapsed_s) for at, elapsed_s in moments]


def test_a_clock_that_was_never_set_is_corrected_by_the_whole_step():
    wall_clock = WallClock(lambda: None)
    found = steps(wall_clock, (WOKE, 0), (WOKE + SECOND, 1), (NOON, 2), (NOON + SECOND, 3))
    assert found == [None, None, NOON - WOKE - 2 * SECOND, None]


@pytest.mark.parametrize(
    ("synchronized", "correction"),
    [
        pytest.param(False, HOUR, id="not synchronized: it was wrong"),
        pytest.param(True, None, id="synchronized: the step is intended"),
        pytest.param(None, None, id="unknown: earlier times stay"),
    ],
)
def test_a_plausible_clock_is_corrected_only_when_it_was_in_doubt(synchronized, correction):
    wall_clock = WallClock(lambda: synchronized)
    found = steps(wall_clock, (NOON, 0), (NOON + HOUR + SECOND, 1), (NOON + HOUR + 2 * SECOND, 2))
    assert found == [None, correction, None]


def test_slewing_is_no_step():
    wall_clock = WallClock(lambda: False)
    assert steps(wall_clock, (NOON, 0), (NOON + 1.4 * SECOND, 1)) == [None, None]


def test_the_kernel_answers_or_says_that_it_cannot():
    assert is_synchronized() in (True, False, None)
