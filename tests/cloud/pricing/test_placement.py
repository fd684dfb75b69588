"""A screen is described with what the sites file gives, and what is absent is omitted."""

import msgspec
from jsonschema_rs import Draft202012Validator

from cloud.pricing.inventory import build_inventory_element
from cloud.pricing.placement import build_dooh
from cloud.sites.trade_details import ScreenContent
from tests.cloud.pricing.test_inventory import ELEMENT, KNOWN, MONDAY, SITES, SPOT, rungs


def test_a_screen_of_pictures_only_has_no_video():
    still = msgspec.structs.replace(SITES[0].screen, media_types=("image/png",))
    element = build_inventory_element(
        msgspec.structs.replace(SITES[0], screen=still), MONDAY, SPOT, 1200, rungs()
    )
    assert list(Draft202012Validator(ELEMENT).iter_errors(element)) == []
    assert "video" not in element["imp"][0]


def test_the_domain_is_that_of_the_publisher_unless_the_screen_has_its_own():
    element = build_inventory_element(
        msgspec.structs.replace(KNOWN, domain=None), MONDAY, SPOT, 1200, rungs()
    )
    assert element["dooh"]["domain"] == "example.org"


def test_content_without_anything_is_omitted():
    assert "content" not in build_dooh(msgspec.structs.replace(KNOWN, content=ScreenContent()))
