"""A deal has its floor with the currency; seats are named where only they may bid."""

from decimal import Decimal

from cloud.pricing.rtb_deals import AuctionType, InventoryDeal, describe_deals


def test_deals_are_described_with_their_currency():
    deals = (
        InventoryDeal("line-1", Decimal("21.763")),
        InventoryDeal("deal-2", Decimal("18.5"), AuctionType.FIRST_PRICE, ("dsp-7",)),
    )
    assert describe_deals(deals, "EUR", is_private=True) == {
        "private_auction": 1,
        "deals": [
            {"id": "line-1", "bidfloor": 21.763, "bidfloorcur": "EUR", "at": 3},
            {"id": "deal-2", "bidfloor": 18.5, "bidfloorcur": "EUR", "at": 1, "wseat": ["dsp-7"]},
        ],
    }
