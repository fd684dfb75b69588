"""The format of creatives is found by its reference."""

from tests.cloud.api.adcp.conftest import Seller

REFERENCE = {"agent_url": "http://localhost/mcp", "id": "screen"}


def test_formats_are_found_by_reference(seller: Seller) -> None:
    sized = REFERENCE | {"width": 1080, "height": 1920}
    (one,) = seller("list_creative_formats", format_ids=[sized])["formats"]
    assert one["format_id"] == sized
    assert {asset["asset_type"] for asset in one["assets"]} == {"image", "video"}
    assert seller("list_creative_formats", type="audio")["formats"] == []
    other = {"agent_url": "https://other.example", "id": "screen"}
    assert seller("list_creative_formats", format_ids=[other])["formats"] == []
