"""The learning rate warms up, stays and falls; the detector searches for its mistakes twice."""

import pytest

from models.train.schedule import Schedule, split_at_mining

#  rate       ________________
#            /                \____   falls over the last quarter, to a hundredth at least
#  step     0  100          750   1000
SCHEDULE = Schedule(1000, rate=0.1, warm_up_steps=100, fall_ratio=0.25)


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.001), (49, 0.05), (99, 0.1), (100, 0.1), (749, 0.1), (750, 0.1), (875, 0.05),
     (999, 0.001)],
)  # fmt: skip
def test_the_rate_of_a_step(step, rate):
    assert SCHEDULE.rate_at(step) == pytest.approx(rate)


def test_the_last_step_of_a_long_fall_has_a_hundredth_of_the_rate():
    slow = Schedule(100_000, rate=1.0, fall_ratio=1.0)
    assert slow.rate_at(99_999) == 0.01


def test_a_longer_run_has_the_same_rates_before_the_shorter_one_falls():
    longer = Schedule(2000, rate=0.1, warm_up_steps=100, fall_ratio=0.25)
    assert [longer.rate_at(step) for step in range(750)] == [
        SCHEDULE.rate_at(step) for step in range(750)
    ]


def test_a_run_of_one_step_has_a_positive_rate():
    assert Schedule(1).rate_at(0) > 0


def test_the_detector_searches_after_a_third_and_after_two_thirds_of_its_steps():
    assert split_at_mining(7500) == [range(2625), range(2625, 4875), range(4875, 7500)]


@pytest.mark.parametrize("steps", [1, 2, 3, 100, 7500])
def test_every_step_is_in_exactly_one_range(steps):
    assert [step for part in split_at_mining(steps) for step in part] == list(range(steps))
