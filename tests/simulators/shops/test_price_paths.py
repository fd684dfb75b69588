"""Costs, list prices and promotions."""

import numpy as np

from simulators.shops.chain import Chain
from simulators.shops.price_paths import CLEARANCE, NONE, round_to_nine


def test_prices_exceed_costs_except_in_a_clearance(chain: Chain) -> None:
    paths = chain.paths
    is_below = paths.price_minor <= paths.cost_minor[:, :, None]
    assert not is_below[paths.promotion != CLEARANCE].any()
    assert (paths.price_minor <= paths.list_minor).all()
    assert (paths.price_minor[paths.promotion == NONE] % 10 == 9).all()


def test_prices_end_with_nine() -> None:
    assert round_to_nine(np.array([1.0, 104.0, 105.0, 349.0])).tolist() == [9, 99, 109, 349]
