"""Delivery is measured, tentative and then final, and says where its figures come from."""

from datetime import UTC, datetime, timedelta

from cloud.database import writing
from tests.cloud.api.adcp.conftest import Seller
from tests.cloud.app_context import ManualClock
from tests.cloud.campaigns.campaign_data import report, store_reports

FLIGHT = {"start_time": "2026-11-23T07:00:00Z", "end_time": "2026-11-23T10:00:00Z"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_delivery_is_tentative_and_then_final(seller: Seller, clock: ManualClock) -> None:
    before = seller("get_media_buy_delivery")
    assert (before["media_buy_deliveries"], before["currency"]) == ([], "GBP")
    bought = seller.buy(**FLIGHT)
    (package,) = bought["packages"]
    pair = {"creative_id": "tea", "package_id": package["package_id"]}
    (creative,) = seller.sync("tea", assignments=[pair])["creatives"]
    seller.market("sales", "POST", f"/api/creatives/{creative['platform_id']}/approve")
    asked = {"media_buy_ids": [bought["media_buy_id"]], "include_package_daily_breakdown": True}
    (waiting,) = seller("get_media_buy_delivery", **asked)["media_buy_deliveries"]
    assert waiting["totals"]["spend"] == waiting["totals"]["impressions"] == 0
    with writing(seller.market.context.engine) as connection:
        hours = [report(number, number, tea=30) for number in range(3)]
        store_reports(connection, *hours)
    clock.now = NOON
    (delivery,) = seller("get_media_buy_delivery", **asked)["media_buy_deliveries"]
    (part,) = delivery["by_package"]
    assert (part["is_final"], part["measurement_window"]) == (False, "tentative")
    assert part["spend"] == package["ext"]["onlooker"]["price"] == part["rate"]
    assert (part["plays"], part["impressions"]) == (90, 225)
    dooh = part["dooh_metrics"]
    assert (dooh["loop_plays"], dooh["screens_used"], dooh["screen_time_seconds"]) == (90, 1, 900)
    assert dooh["sov_achieved"] == round(900 / 10_800, 4)
    (venue,) = dooh["venue_breakdown"]
    assert (venue["venue_id"], venue["impressions"], venue["venue_type"]) == ("KX-01", 225, "10502")
    measurement = part["ext"]["onlooker"]["measurement"]
    assert (measurement["basis"], measurement["third_party"]) == ("measured", False)
    assert measurement["impressions_p10"] <= 225 <= measurement["impressions_p90"]
    assert measurement["observed_share"] == 1
    (day,) = part["daily_breakdown"]
    assert day == {"date": "2026-11-23", "impressions": 225, "spend": part["spend"]}
    clock.advance(timedelta(days=8))
    (ended,) = seller("get_media_buy_delivery", **asked)["media_buy_deliveries"]
    assert ended["by_package"][0]["measurement_window"] == "final"


def test_days_choose_the_hours_and_hours_without_reports_have_no_impressions(
    seller: Seller, clock: ManualClock
) -> None:
    start = clock.now + timedelta(days=1)
    flight = {"start_time": start.isoformat(), "end_time": (start + timedelta(days=7)).isoformat()}
    asked = {"media_buy_ids": [seller.buy(**flight)["media_buy_id"]]}
    clock.advance(timedelta(days=9))
    (unknown,) = seller("get_media_buy_delivery", **asked)["media_buy_deliveries"]
    assert "impressions" not in unknown["totals"]
    assert "loop_plays" not in unknown["totals"]["dooh_metrics"]
    assert unknown["totals"]["spend"] > 0
    asked |= {"start_date": "2026-01-01", "end_date": "2026-01-02"}
    (none,) = seller("get_media_buy_delivery", **asked)["media_buy_deliveries"]
    assert none["totals"]["spend"] == none["totals"]["impressions"] == 0
    days = {"start_date": "2026-01-02", "end_date": "2026-01-01"}
    assert seller.refuse("get_media_buy_delivery", **days)["field"] == "end_date"
