"""A small chain that the tests of shops share."""

from datetime import date

import pytest

from simulators.shops.chain import Chain, draw_chain
from simulators.shops.options import ChainOptions


@pytest.fixture(scope="session")
def chain() -> Chain:
    return draw_chain(ChainOptions(stores=12, products=16, days=140, first_on=date(2026, 1, 1)))
