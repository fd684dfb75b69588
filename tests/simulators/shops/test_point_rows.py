"""Points as columns of text."""

import numpy as np

from cloud.retail_wire import PriceMessage
from simulators.shops.point_rows import COLUMNS, write_hundredths


def test_the_columns_are_the_fields_of_the_message() -> None:
    assert sorted(COLUMNS) == sorted(PriceMessage.__struct_fields__)


def test_hundredths_have_two_decimals() -> None:
    found = write_hundredths(np.array([0, 5, 349, 100]), np.array([False, False, False, True]))
    assert found.to_pylist() == ["0.00", "0.05", "3.49", None]
