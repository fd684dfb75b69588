"""The form of a price message."""

import pytest

from cloud.retail_wire.price_message import is_amount


@pytest.mark.parametrize("text", ["0", "3.49", "-3.49", "1234567890123", "0.000001"])
def test_amounts(text: str) -> None:
    assert is_amount(text)


@pytest.mark.parametrize(
    "text", ["", ".5", "5.", "+1", "1,00", "1e3", "NaN", " 1", "1\n", "\u0661", "12345678901234"]
)
def test_texts_that_are_no_amounts(text: str) -> None:
    assert not is_amount(text)
