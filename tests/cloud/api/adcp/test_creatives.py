"""Creatives are stored once, validated, listed, and assigned to packages of the account."""

import pytest

from tests.cloud.api.adcp.conftest import ACCOUNT, VIDEO, Seller

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


INVALID = [
    (creative("no name"), "creative_id"),
    (creative("bad", format_id=REFERENCE | {"id": "banner"}), "format_id.id"),
    (creative("bad", format_id=REFERENCE | {"width": 300}), "format_id.width"),
    (creative("bad", assets={"text": {"asset_type": "text", "content": "x"}}), "assets"),
    (creative("bad", assets={"video": VIDEO | {"url": "javascript:x"}}), "assets.video.url"),
    (creative("bad", assets={"video": VIDEO | {"width": 0}}), "assets.video.width"),
    (
        creative("bad", assets={"video": VIDEO | {"mime_type": "text/html"}}),
        "assets.video.mime_type",
    ),
]


@pytest.mark.parametrize(("invalid", "field"), INVALID)
def test_strict_validation_stores_nothing_and_lenient_the_rest(
    seller: Seller, invalid: dict, field: str
) -> None:
    both = {"account": ACCOUNT, "creatives": [creative("milk"), invalid]}
    refusal = seller.refuse_change("sync_creatives", **both)
    assert (refusal["code"], refusal["field"]) in {
        ("VALIDATION_ERROR", f"creatives[1].{field}"), ("INVALID_REQUEST", f"creatives[1].{field}"),
    }  # fmt: skip
    lenient = seller.change("sync_creatives", validation_mode="lenient", dry_run=True, **both)
    assert [one["action"] for one in lenient["creatives"]] == ["created", "failed"]
    assert seller("list_creatives", filters={"creative_ids": ["milk"]})["creatives"] == []


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


def test_formats_are_found_by_reference(seller: Seller) -> None:
    sized = REFERENCE | {"width": 1080, "height": 1920}
    (one,) = seller("list_creative_formats", format_ids=[sized])["formats"]
    assert one["format_id"] == sized
    assert {asset["asset_type"] for asset in one["assets"]} == {"image", "video"}
    assert seller("list_creative_formats", type="audio")["formats"] == []
    other = {"agent_url": "https://other.example", "id": "screen"}
    assert seller("list_creative_formats", format_ids=[other])["formats"] == []
