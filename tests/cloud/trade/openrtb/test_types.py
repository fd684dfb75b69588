"""What is sent and read has the fields and values of OpenRTB 2.6, by types of another project."""

import pytest

from cloud.pricing.inventory import build_inventory_element
from simulators.bidding.answers import build_response
from tests.cloud.pricing.test_inventory import DEALS, KNOWN, MONDAY, SPOT, rungs
from tests.cloud.trade.openrtb.test_bid_request import build, offer
from tests.cloud.trade.openrtb.typescript import find_type_errors

SCREEN_IDS = "Omit<EID, 'uids'> & { uids: { id: string; atype: number }[] }"
"""The package lists the agent types below 500 only, and is older than `device.eids`."""
ELEMENT = f"{{ dooh: DOOH; device: Device & {{ eids?: ({SCREEN_IDS})[] }}; imp: Imp[] }}"
REQUEST = f"Omit<BidRequest, 'device'> & {{ device: Device & {{ eids?: ({SCREEN_IDS})[] }} }}"
IMPORTS = "BidRequest, BidResponse, DOOH, Device, EID, Imp"


@pytest.fixture(scope="module")
def errors(tmp_path_factory) -> list[str]:
    """Of one run of the compiler over right and wrong objects."""
    element = build_inventory_element(KNOWN, MONDAY, SPOT, 1200, rungs(), deals=DEALS)
    request = build(offer())
    response = build_response(request, "https://bid.example.com", "spring-sale")
    wrong = {**element, "dooh": {"id": "KX-01", "venuetypeid": [10502]}}
    return find_type_errors(
        tmp_path_factory.mktemp("types"),
        IMPORTS,
        {
            "element": (ELEMENT, element),
            "request": (REQUEST, request),
            "response": ("BidResponse", response),
            "wrong": (ELEMENT, wrong),
        },
    ).splitlines()


def test_what_is_sent_and_read_has_the_types_of_the_standard(errors):
    unexpected = [line for line in errors if "venuetypeid" not in line]
    assert unexpected == []


def test_the_compiler_finds_a_field_that_the_standard_lacks(errors):
    assert any("""'"venuetypeid"' does not exist in type 'DOOH'""" in line for line in errors)
