"""An asset is one image or video whose facts are complete."""

import pytest

from tests.cloud.api.adcp.conftest import ACCOUNT, VIDEO, Seller
from tests.cloud.api.adcp.test_creatives import REFERENCE, creative

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
