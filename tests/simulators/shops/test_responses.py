"""The true responses of demand."""

import numpy as np

from simulators.shops.chain import Chain


def test_the_slope_of_demand_is_the_own_elasticity(chain: Chain) -> None:
    ratio = np.ones((16, 12))
    ratio[3] = 1.01
    units = chain.responses.expected_units(ratio, np.ones_like(ratio))
    slope = np.log(units / chain.responses.baseline) / np.log(1.01)
    assert np.allclose(slope[3], chain.responses.own[3])
    assert np.allclose(slope[11], chain.responses.cross[11, 3])  # of the same category
    assert np.allclose(slope[4], 0)


def test_shoppers_with_more_purchasing_power_react_less(chain: Chain) -> None:
    power, mean = chain.stores.purchasing_power, chain.responses.own.mean(axis=0)
    assert np.corrcoef(power, mean)[0, 1] > 0.5
