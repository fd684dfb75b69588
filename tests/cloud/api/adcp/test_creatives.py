"""Creatives are stored once, validated, listed, and assigned to packages of the account."""

from tests.cloud.api.adcp.conftest import VIDEO, Seller

REFERENCE = {"agent_url": "http://localhost/mcp", "id": "screen"}


def creative(name: str, **fields: object) -> dict:
    plain = {"creative_id": name, "name": name, "format_id": REFERENCE, "assets": {"video": VIDEO}}
    return plain | fields


def test_a_creative_is_stored_once_and_a_changed_file_needs_a_new_id(seller: Seller) -> None:
    (first,) = seller.sync("coffee")["creatives"]
    (again,) = seller.sync("coffee")["creatives"]
    assert (first["action"], again["action"], first["status"]) == (
        "created", "unchanged", "pending_review",
    )  # fmt: skip
    changed = creative("coffee", assets={"video": VIDEO | {"url": "https://cdn.example/b.mp4"}})
    (refused,) = seller.sync("coffee", creatives=[changed])["creatives"]
    assert refused["action"] == "failed"
    assert "new creative" in refused["errors"][0]["message"]
    (listed,) = seller("list_creatives", filters={"creative_ids": ["coffee"]})["creatives"]
    assert (listed["creative_id"], listed["status"]) == ("coffee", "pending_review")
    assert listed["format_id"] == REFERENCE | {"width": 1080, "height": 1920}
    assert seller("list_creatives", "bolt")["creatives"] == []


def test_an_assignment_that_does_not_fit_is_reported_for_its_package(seller: Seller) -> None:
    bought = seller.buy(start_time="2026-12-07T00:00:00Z", end_time="2026-12-08T00:00:00Z")
    package = bought["packages"][0]["package_id"]
    small = creative("small", assets={"video": VIDEO | {"width": 300, "height": 250}})
    pairs = [{"creative_id": "small", "package_id": name} for name in (package, "0" * 32)]
    (result,) = seller.sync("small", creatives=[small], assignments=pairs)["creatives"]
    assert result["action"] == "created"
    assert "1080 x 1920" in result["assignment_errors"][package]
    assert result["assignment_errors"]["0" * 32].startswith("PACKAGE_NOT_FOUND")
    theirs = {"account": {"account_id": "bolt"}, "creatives": [creative("theirs")]}
    pair = [{"creative_id": "theirs", "package_id": package}]
    (other,) = seller.change("sync_creatives", "bolt", assignments=pair, **theirs)["creatives"]
    assert other["assignment_errors"][package].startswith("PACKAGE_NOT_FOUND")
