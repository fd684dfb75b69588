"""Simulated orders have the shares that they say they have."""

from collections import Counter
from datetime import date

import pytest

from simulators.products.orders import SHARES, STATES, OrderOptions, simulate_orders

OPTIONS = OrderOptions(10_000, date(2025, 1, 1), 365)


def test_the_shares_of_the_states_are_as_given_and_repeat_by_the_seed():
    orders = simulate_orders(OPTIONS)["orders"]
    counted = Counter(orders["Status"].to_pylist())
    for state, share in zip(STATES, SHARES, strict=True):
        assert counted[state] / OPTIONS.rows == pytest.approx(share, abs=0.01)
    assert orders.equals(simulate_orders(OPTIONS)["orders"])
    assert len(set(orders["Order number"].to_pylist())) == OPTIONS.rows
