"""The effects of drivers add up to the change, and the one that causes it has the largest."""

import numpy as np
import pytest

from cloud.products.analyses.drivers import explain_change

N = 4_000
AFTER = np.arange(N) >= N // 2


def test_the_driver_that_moves_with_the_change_has_its_effect():
    random = np.random.default_rng(1)
    contract = AFTER.astype(float)
    holidays = random.poisson(1, N).astype(float)
    values = 20 + 40 * contract + 2 * holidays + random.normal(0, 3, N)
    found = explain_change(values, {"contract": contract, "holidays": holidays}, AFTER)
    assert found.likeliest == "contract"
    assert found.effects["contract"] == pytest.approx(40, abs=1)
    change = values[AFTER].mean() - values[~AFTER].mean()
    assert sum(found.effects.values()) + found.unexplained == pytest.approx(change)


def test_a_change_that_no_driver_goes_with_is_unexplained():
    random = np.random.default_rng(2)
    still, noise = np.ones(N), random.normal(0, 1, N)
    values = 20 + 40 * AFTER + random.normal(0, 3, N)
    found = explain_change(values, {"still": still, "noise": noise}, AFTER)
    assert found.likeliest is None
    assert found.unexplained == pytest.approx(40, abs=1)


def test_a_decrease_is_explained_as_well():
    approvals = np.where(AFTER, 1.0, 3.0) + np.random.default_rng(3).normal(0, 0.1, N)
    found = explain_change(10 * approvals, {"approvals": approvals}, AFTER)
    assert found.likeliest == "approvals"
    assert found.effects["approvals"] == pytest.approx(-20, abs=0.5)
