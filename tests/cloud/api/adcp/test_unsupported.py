"""A field that would change what is bought is refused where it is sent, and only then."""

import pytest

from cloud.api.adcp import unsupported
from cloud.api.adcp.errors import AdcpError
from cloud.api.adcp.unsupported import refuse_fields, refuse_others


def test_a_field_is_refused_with_what_to_do_instead() -> None:
    refuse_fields({"bid_price": None, "budget": 5}, unsupported.PACKAGE_FIELDS)
    with pytest.raises(AdcpError) as refused:
        refuse_fields({"bid_price": 5}, unsupported.PACKAGE_FIELDS, "packages[0].")
    described = refused.value.describe()
    assert (described["code"], described["field"]) == (
        "UNSUPPORTED_FEATURE", "packages[0].bid_price",
    )  # fmt: skip
    assert "fixed price" in described["suggestion"]


def test_a_field_that_nobody_knows_is_refused() -> None:
    refuse_others({"timezone": "local"}, unsupported.OVERLAY_FIELDS, "")
    with pytest.raises(AdcpError):
        refuse_others({"x" * 500: 1}, unsupported.OVERLAY_FIELDS, "")
