"""Macros are replaced with encoded values; what has no value becomes empty."""

from cloud.trade.openrtb.macros import substitute

VALUES = {"AUCTION_PRICE": "21.76", "AUCTION_SEAT_ID": "a b&c=1"}


def test_values_are_encoded():
    url = "https://d.example/win?p=${AUCTION_PRICE}&s=${AUCTION_SEAT_ID}&b=${AUCTION_PRICE:B64}"
    assert substitute(url, VALUES) == ("https://d.example/win?p=21.76&s=a%20b%26c%3D1&b=MjEuNzY%3D")


def test_a_macro_without_a_value_becomes_empty_and_other_text_stays():
    assert substitute("https://d.example/?m=${AUCTION_MBR}&x=${OTHER}&$", VALUES) == (
        "https://d.example/?m=&x=${OTHER}&$"
    )
