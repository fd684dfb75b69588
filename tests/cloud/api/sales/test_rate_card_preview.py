"""The preview prices a week's free positions with both cards; booked lines stay as they are."""

from tests.cloud.api.orders.conftest import Market
from tests.cloud.api.sales.test_rate_card import CARD, PRICE, change, raise_peaks

PREVIEW = "/api/rate-card/preview"


def preview(market: Market, card: dict, **fields: object) -> dict:
    answer = market("sales", "POST", PREVIEW, {"card": card, **fields})
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def read_card(market: Market) -> dict:
    card: dict = market("sales", "GET", CARD).json()["card"]
    return card


def test_the_steps_add_up_to_the_change(market: Market):
    card = raise_peaks(read_card(market))
    card["limits"] = {"least": "0.9", "most": "1.5"}
    found = preview(market, card)

    assert (found["first_on"], found["until_on"]) == ("2026-11-23", "2026-11-30")
    assert len(found["currencies"]) >= 1
    for one in found["currencies"]:
        changed = one["after"]["p50"] - one["before"]["p50"]
        assert sum(step["change_minor"] for step in one["steps"]) == changed
        assert one["before"]["p10"] <= one["before"]["p50"] <= one["before"]["p90"]
        hours = [hour["before_minor"] for hour in one["hours"]]
        assert sum(hours) == one["before"]["p50"]
    assert [step["section"] for step in found["currencies"][0]["steps"]] == ["peak_hours", "limits"]


def test_an_hour_has_the_price_of_its_quote(market: Market):
    price = market("sales", "GET", PRICE).json()
    found = preview(market, change(read_card(market)), locations=["KX-01"])
    (location,) = found["locations"]

    assert found["differences"] == []
    assert location["before"] == location["after"]
    quotes = [
        market("sales", "GET", f"/api/pricing/slot/KX-01/2026-11-{day}T08:00").json()
        for day in range(23, 30)
    ]
    hour = found["currencies"][0]["hours"][8]
    positions = price["availability"]["positions"]
    assert hour["before_minor"] == sum(one["price_minor"] * positions for one in quotes)


def test_booked_lines_are_unaffected_and_no_longer_free(market: Market):
    before = preview(market, read_card(market), locations=["KX-01"])["locations"][0]
    where = market.order()
    assert market.act("acme", where, "book").status_code == 200
    after = preview(market, raise_peaks(read_card(market)), locations=["KX-01"])["locations"][0]

    assert (before["booked_minor"], after["booked_minor"]) == (0, 210)
    assert after["free_positions"] == before["free_positions"] - 3
    assert after["sold_share"] is None
    assert after["expected_before"] is None


def test_an_unknown_location_and_a_far_week_are_refused(market: Market):
    card = read_card(market)
    unknown = market("sales", "POST", PREVIEW, {"card": card, "locations": ["XX-99"]})
    far = market("sales", "POST", PREVIEW, {"card": card, "first_on": "2031-01-01"})

    assert unknown.status_code == 404
    assert far.status_code == 422
