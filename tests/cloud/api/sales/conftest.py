"""Buyers and staff with keys; see `tests/cloud/api/orders/conftest.py`."""

import pytest

from cloud.app.context import AppContext
from tests.cloud.api.orders.conftest import Market, open_market


@pytest.fixture
def market(context: AppContext) -> Market:
    return open_market(context)
