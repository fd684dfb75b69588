"""A product has a flat rate for one or more positions; an exclusive one for the whole loop."""

import pytest

from cloud.booking.adcp.pricing_options import (
    UnknownPricingOptionError,
    find_pricing_option,
    list_pricing_options,
)
from cloud.booking.slots import DeliveryType
from tests.cloud.rates import sites

SITES = tuple(sites())


def test_options_are_found_by_their_ids() -> None:
    offered = list_pricing_options(DeliveryType.GUARANTEED, SITES)
    assert [one.id for one in offered] == ["flat-rate-1", "flat-rate-2", "flat-rate-3"]
    assert find_pricing_option("flat-rate-2", offered).positions == 2
    (whole,) = list_pricing_options(DeliveryType.EXCLUSIVE, SITES)
    assert whole.positions == min(site.loop.positions for site in SITES)


@pytest.mark.parametrize("name", ["", "flat-rate-0", "flat-rate-9", "flat-rate-01", "cpm"])
def test_another_id_is_refused(name: str) -> None:
    with pytest.raises(UnknownPricingOptionError):
        find_pricing_option(name, list_pricing_options(DeliveryType.GUARANTEED, SITES))
