"""Exceptions become errors of AdCP; a fault of the program does not."""

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from cloud.api.adcp.arguments import PackageRequest
from cloud.api.adcp.errors import AdcpError, invalid_arguments, to_adcp_error


def test_a_database_that_is_away_is_transient_and_hides_its_statement() -> None:
    found = to_adcp_error(OperationalError("SELECT secret", {}, Exception("gone")))
    assert found is not None
    described = found.describe()
    assert (described["code"], described["recovery"]) == ("SERVICE_UNAVAILABLE", "transient")
    assert described["retry_after"] >= 1
    assert "secret" not in described["message"]


def test_a_fault_of_the_program_is_no_refusal() -> None:
    assert to_adcp_error(KeyError("x")) is None
    refusal = AdcpError("CONFLICT", "changed")
    assert to_adcp_error(refusal) is refusal


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"packages": [{"pricing_option_id": "a", "budget": 1}]}, "packages[0].product_id"),
        ({"packages": [{"product_id": 7}]}, "packages[0].product_id"),
        ({}, "packages"),
    ],
)
def test_the_field_of_an_invalid_argument_is_named(sent: dict, field: str) -> None:
    kind = msgspec.defstruct("Sent", [("packages", list[PackageRequest])])
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(sent, kind)
    assert invalid_arguments(refused.value).describe()["field"] == field
