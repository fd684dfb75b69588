"""The message of one price point, as JSON has it and as the columns of a CSV file have it.

Amounts are decimal strings in units of `currency` ("3.49"), because a JSON number is binary in most
programs. Times are ISO 8601 with an offset; without one, the time zone of the store is assumed if
it is known. The limits here are those of the form; `cloud.ingest.retail` checks the meaning.
"""

import re
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

END: Final = r"$(?![\s\S])"
"""Python's `$` also matches before a line break at the end."""
AMOUNT_PATTERN: Final = rf"^-?[0-9]{{1,13}}(\.[0-9]{{1,6}})?{END}"
PRINTABLE: Final = rf"^[^\x00-\x1f\x7f]+{END}"
Code = Annotated[str, Meta(min_length=1, max_length=63, pattern=PRINTABLE)]
Text = Annotated[str, Meta(min_length=1, max_length=120, pattern=PRINTABLE)]
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN, examples=["3.49"])]
Count = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_AMOUNT: Final = re.compile(AMOUNT_PATTERN)


def is_amount(text: str) -> bool:
    """Whether a text has the form of an amount."""
    return _AMOUNT.match(text) is not None


class PriceMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One price point as it is sent; optional fields are null or absent, never 0."""

    event_id: Annotated[str, Meta(min_length=1, max_length=80, pattern=rf"^[\x21-\x7e]+{END}")]
    product: Code
    sku: Code
    category: Text
    store: Code
    region: Code
    city: Text
    postcode: Annotated[str, Meta(min_length=1, max_length=16, pattern=PRINTABLE)]
    observed_at: Annotated[str, Meta(min_length=10, max_length=40)]
    price: Amount
    cost: Amount
    list_price: Amount
    discount_percent: Amount
    currency: Annotated[str, Meta(min_length=1, max_length=8)]
    holiday: Code | None = None
    promotion: Code | None = None
    units: Count
    revenue: Amount
    inventory: Count | None = None
    competitor_price: Amount | None = None
    unit_size: Code | UnsetType | None = UNSET
    """Size of the unit that the price is for, such as `6 x 330 ml`; checked against the product."""
