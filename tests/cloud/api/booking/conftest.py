"""A market with two advertisers and staff."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.api.booking.booking_requests import Market, open_market


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as market:
        yield market
