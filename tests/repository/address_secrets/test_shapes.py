"""The table of addresses stays long enough."""

from tests.repository.address_secrets.shapes import SHAPES


def test_the_table_is_long_enough():
    assert len(set(SHAPES)) >= 45
