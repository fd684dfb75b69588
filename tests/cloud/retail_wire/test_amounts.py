"""Decimal strings and whole minor units."""

import pytest

from cloud.retail_wire import AmountError, parse_amount, parse_basis_points, write_amount


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [("3.49", 2, 349), ("3.4", 2, 340), ("3", 2, 300), ("0.05", 2, 5), ("-0.05", 2, -5),
     ("3.4900", 2, 349), ("349", 0, 349), ("349.00", 0, 349), ("1.234", 3, 1_234)],
)  # fmt: skip
def test_amounts_are_exact(text: str, decimals: int, minor: int) -> None:
    assert parse_amount(text, decimals) == minor


@pytest.mark.parametrize(
    ("text", "decimals", "words"),
    [("3.499", 2, "at most 2 decimals"), ("3.5", 0, "at most 0"), ("9999999999999", 3, "less")],
)
def test_an_amount_that_the_currency_cannot_express_is_refused(
    text: str, decimals: int, words: str
) -> None:
    with pytest.raises(AmountError, match=words):
        parse_amount(text, decimals)


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [(349, 2, "3.49"), (5, 2, "0.05"), (-5, 2, "-0.05"), (349, 0, "349"), (1_234, 3, "1.234")],
)
def test_written_amounts_are_read_back(minor: int, decimals: int, text: str) -> None:
    assert write_amount(minor, decimals) == text
    assert parse_amount(text, decimals) == minor


def test_per_cent_are_basis_points() -> None:
    assert parse_basis_points("12.5") == 1_250
    with pytest.raises(AmountError):
        parse_basis_points("12.555")
