"""Buyers and staff with keys; see `tests/cloud/api/orders/conftest.py`."""

import pytest

from cloud.app.context import AppContext
from tests.cloud.api.orders.conftest import Market, open_market


@pytest.fixture
def market(context: AppContext) -> Market:
    return open_market(context)


@pytest.fixture
def market_of_each(live_context: AppContext) -> Market:
    """On SQLite and on PostgreSQL."""
    return open_market(live_context)
