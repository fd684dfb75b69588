"""A change runs once for its key; the context is no part of the request."""

from tests.cloud.api.adcp.conftest import BUY, Seller


def test_a_repeated_key_books_once_and_a_different_request_with_it_is_refused(
    seller: Seller,
) -> None:
    key = seller.new_key()
    first = seller("create_media_buy", idempotency_key=key, context={"call": 1}, **BUY)
    again = seller("create_media_buy", idempotency_key=key, context={"call": 2}, **BUY)
    assert again == first | {"replayed": True, "context": {"call": 2}}
    refusal = seller.refuse("create_media_buy", idempotency_key=key, **BUY, po_number="7")
    assert refusal["code"] == "IDEMPOTENCY_CONFLICT"
    assert refusal.keys() == {"code", "message"}, "nothing of the first request is shown"
    missing = seller.refuse("create_media_buy", **BUY)
    assert (missing["code"], missing["field"]) == ("INVALID_REQUEST", "idempotency_key")
