"""What a chain sells is limited by its stock."""

import numpy as np

from simulators.shops.chain import Chain
from simulators.shops.sales import SalesSimulation


def test_no_more_is_sold_than_was_in_stock(chain: Chain) -> None:
    days = list(SalesSimulation(chain).run())
    assert all((day.units >= 0).all() and (day.stock >= 0).all() for day in days)
    assert all((day.stock[day.is_stocked_out] == 0).all() for day in days)
    share = np.mean([day.is_stocked_out.mean() for day in days])
    assert 0.002 < share < 0.08
