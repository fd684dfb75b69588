"""What must hold between the amounts of a message."""

import msgspec
import pytest

from cloud.ingest.retail.price_amounts import PointAmounts, check_amounts, read_amounts
from cloud.ingest.retail.price_error import PriceRefusal
from cloud.retail_wire import PriceMessage
from tests.cloud.ingest.retail.price_messages import message_of


def _message(**changes: object) -> PriceMessage:
    return msgspec.json.decode(message_of(**changes), type=PriceMessage)


def test_amounts_are_in_minor_units() -> None:
    assert read_amounts(_message()) == PointAmounts(225, 140, 250, 1_000, 2_700, 239)
    assert read_amounts(_message(currency="KWD")).price_minor == 2_250


@pytest.mark.parametrize(("percent", "holds"), [("9.6", True), ("9.5", False), ("10.4", True)])
def test_the_discount_holds_within_a_minor_unit(percent: str, *, holds: bool) -> None:
    message = _message(discount_percent=percent)
    if holds:
        check_amounts(message, read_amounts(message))
        return
    with pytest.raises(PriceRefusal, match="wrong_discount"):
        check_amounts(message, read_amounts(message))


def test_two_decimals_of_a_per_cent_suffice_for_a_long_price() -> None:
    message = _message(
        currency="JPY", price="66667", list_price="100000", cost="50000", discount_percent="33.33",
        units=1, revenue="66667", competitor_price=None,
    )  # fmt: skip
    check_amounts(message, read_amounts(message))
