"""A steady rate is sampled from streams of any rate."""

import pytest

from edge_agent.capture.sampler import Sampler


def sampled(times_s, fps):
    sampler = Sampler(fps)
    return [at_s for at_s in times_s if sampler.selects(at_s)]


@pytest.mark.parametrize(
    ("source_fps", "fps", "count"),
    [(25, 5, 50), (30, 5, 50), (29.97, 5, 50), (5, 5, 50), (2, 5, 20), (25, 25, 250), (60, 7, 70)],
)
def test_ten_seconds_give_the_wanted_number_of_pictures(source_fps, fps, count):
    times_s = [n / source_fps for n in range(round(10 * source_fps))]
    assert len(sampled(times_s, fps)) == count


def test_the_first_picture_of_each_slot_is_taken():
    assert sampled([0.0, 0.1, 0.19, 0.2, 0.39, 0.41, 0.6], 5) == [0.0, 0.2, 0.41, 0.6]


def test_a_picture_a_little_before_its_slot_belongs_to_it():
    assert sampled([0.0, 0.2 - 1e-5, 0.2 + 1e-5, 0.4], 5) == [0.0, 0.2 - 1e-5, 0.4]


def test_after_a_gap_one_picture_is_taken_and_none_is_caught_up():
    assert sampled([0.0, 100.0, 100.1, 100.2], 5) == [0.0, 100.0, 100.2]


def test_a_time_that_runs_backwards_is_not_sampled_twice():
    assert sampled([5.0, 4.0, 5.1, 5.2], 5) == [5.0, 5.2]
