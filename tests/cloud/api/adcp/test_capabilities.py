"""What the seller says of itself is what its tools do."""

from tests.cloud.api.adcp.conftest import Seller


def test_idempotency_is_declared_with_its_retention(seller: Seller) -> None:
    found = seller("get_adcp_capabilities", context={"a": 1})
    assert found["adcp"]["idempotency"] == {"supported": True, "replay_ttl_seconds": 86_400}
    assert found["supported_protocols"] == ["media_buy"]
    assert found["media_buy"]["portfolio"]["publisher_domains"] == ["localhost"]
    assert found["context"] == {"a": 1}
