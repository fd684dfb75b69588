"""Accounts: those of the key, and pairs of brand and operator that name them."""

from tests.cloud.api.adcp.conftest import BUY, Seller

BRAND = {"domain": "tea.example", "brand_id": "green"}
PAIR = {"brand": BRAND, "operator": "agency.example"}


def test_a_pair_names_the_account_of_the_key_once_it_is_registered(seller: Seller) -> None:
    unknown = seller.refuse("get_media_buys", account=PAIR)
    assert (unknown["code"], unknown["recovery"]) == ("ACCOUNT_NOT_FOUND", "terminal")
    asked = [PAIR | {"billing": "operator", "payment_terms": "net_30"}]
    tried = seller.change("sync_accounts", accounts=asked, dry_run=True)["accounts"]
    first, again = (seller.change("sync_accounts", accounts=asked)["accounts"] for _ in range(2))
    assert [one[0]["action"] for one in (tried, first, again)] == [
        "created", "created", "unchanged",
    ]  # fmt: skip
    assert (first[0]["account_id"], first[0]["status"]) == ("acme", "active")
    assert seller("get_media_buys", account=PAIR)["media_buys"] == []
    assert seller.refuse("get_media_buys", "bolt", account=PAIR)["code"] == "ACCOUNT_NOT_FOUND"
    (listed,) = seller("list_accounts")["accounts"]
    assert (listed["account_id"], listed["brand"]) == ("acme", BRAND)


def test_what_cannot_be_registered_fails_by_itself(seller: Seller) -> None:
    asked = [
        PAIR | {"billing": "agent", "payment_terms": "net_90"},
        PAIR | {"billing": "agent", "sandbox": True},
    ]
    found = seller.change("sync_accounts", accounts=asked)["accounts"]
    assert [one["action"] for one in found] == ["failed", "failed"]
    assert [one["errors"][0]["field"] for one in found] == ["payment_terms", "sandbox"]
    staff = seller.change("sync_accounts", "sales", accounts=[PAIR | {"billing": "agent"}])
    assert staff["accounts"][0]["errors"][0]["code"] == "ACCOUNT_NOT_FOUND"
    assert len(seller("list_accounts", "sales", pagination={"max_results": 1})["accounts"]) == 1
    pair = seller.refuse_change("create_media_buy", **{**BUY, "account": {"brand": BRAND}})
    assert pair["code"] == "INVALID_REQUEST"
