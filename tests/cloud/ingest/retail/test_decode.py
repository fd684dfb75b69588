"""The bytes of a point: any input gives a message or an entry for the queue."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.retail.decode import convert_point, decode_point
from cloud.ingest.retail.price_error import PriceError
from cloud.retail_wire import PriceErrorReason, PriceMessage
from tests.cloud.ingest.retail.price_messages import GOOD, message_of

FORM = {
    PriceErrorReason.UNREADABLE,
    PriceErrorReason.WRONG_TYPE,
    PriceErrorReason.MISSING_FIELD,
    PriceErrorReason.UNKNOWN_FIELD,
}


def test_a_good_message_is_read() -> None:
    found = decode_point(message_of(), "p")
    assert isinstance(found, PriceMessage)
    assert msgspec.to_builtins(found) == GOOD


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error_with_a_reason(payload: bytes) -> None:
    found = decode_point(payload, "p")
    assert isinstance(found, PriceError)
    assert found.reason in FORM


def test_an_unknown_field_names_the_closest() -> None:
    found = decode_point(message_of(competitor_prize="1"), "p")
    assert isinstance(found, PriceError)
    assert "did you mean 'competitor_price'?" in found.expected


def test_fields_of_a_row_are_a_message() -> None:
    assert convert_point(GOOD, "p") == decode_point(message_of(), "p")
    found = convert_point(GOOD | {"units": "many"}, "file.csv:3")
    assert isinstance(found, PriceError)
    assert (found.reason, found.field, found.position) == (
        PriceErrorReason.WRONG_TYPE, "units", "file.csv:3",
    )  # fmt: skip
    assert msgspec.json.decode(found.payload)["units"] == "many"
