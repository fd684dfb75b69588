"""The interval of a figure: reproducible, around the figure, narrower with more cases."""

import numpy as np
import pytest

from models.evaluate.errors import EvaluationError
from models.evaluate.intervals import bootstrap


def mean(units):
    return float(np.mean(units))


def test_the_interval_contains_the_figure_and_is_narrower_with_more_cases():
    rng = np.random.default_rng(0)
    few, many = list(rng.random(20)), list(rng.random(2000))
    narrow = bootstrap(many, mean)
    wide = bootstrap(few, mean)
    assert narrow.low < narrow.value < narrow.high
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_without_cases_there_is_no_figure():
    with pytest.raises(EvaluationError, match="check the label file"):
        bootstrap([], lambda units: 0.0)


def test_the_figure_is_that_of_all_cases():
    assert bootstrap([1.0, 2.0, 6.0], mean).value == 3.0


def test_one_case_has_an_interval_of_no_width():
    one = bootstrap([0.4], mean)
    assert (one.value, one.low, one.high, one.n) == (0.4, 0.4, 0.4, 1)


def test_the_half_width_is_about_two_standard_errors():
    cases = list(np.random.default_rng(3).normal(0.0, 1.0, 400))
    found = bootstrap(cases, mean, draws=2000)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.std(cases) / 20, rel=0.08)


def test_the_same_seed_gives_the_same_interval():
    cases = list(np.random.default_rng(1).random(30))
    assert bootstrap(cases, mean, seed=4) == bootstrap(cases, mean, seed=4)
    assert bootstrap(cases, mean, seed=4) != bootstrap(cases, mean, seed=5)


def test_a_figure_that_some_draws_do_not_have_leaves_them_out():
    """Precision is not defined for a draw without any positive."""

    def share_of_positives(units):
        positives = [right for positive, right in units if positive]
        return sum(positives) / len(positives) if positives else float("nan")

    found = bootstrap([(True, 1), (False, 0), (False, 0)], share_of_positives)
    assert (found.low, found.high) == (1.0, 1.0)


def test_a_report_has_four_digits():
    assert bootstrap([1 / 3], mean).as_dict() == {
        "value": 0.3333, "low": 0.3333, "high": 0.3333, "n": 1,
    }  # fmt: skip
