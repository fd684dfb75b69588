"""What campaigns return: only those of the caller, unknown figures null."""

from tests.cloud.api.campaigns.conftest import CampaignApi, api

__all__ = ["api"]


def test_an_advertiser_sees_what_its_own_campaigns_return(api: CampaignApi) -> None:
    found = api.get("/api/analytics/campaigns?value_per_thousand=100")
    assert found.status_code == 200, found.text
    (winter,) = found.json()["campaigns"]
    assert (winter["name"], winter["price"]) == ("Winter", "1.20")
    seconds, rate = winter["attention_s"], winter["attention_s_for_money"]
    assert rate["value"] == round(seconds["value"] / 1.20, 3)
    assert rate["low"] <= rate["value"] <= rate["high"]
    assert winter["measured_share"] == 0.5
    assert winter["roi"]["value"] == "5.25"
    cost = {name: float(value) for name, value in winter["cost_per_thousand"].items()}
    assert cost["low"] <= cost["value"] <= cost["high"]


def test_staff_see_all_by_page(api: CampaignApi) -> None:
    first = api.get("/api/analytics/campaigns?limit=1", by="sales").json()
    rest = api.get(f"/api/analytics/campaigns?limit=1&after={first['next']}", by="sales").json()
    names = {one["name"] for one in first["campaigns"] + rest["campaigns"]}
    assert names == {"Winter", "Spring"}
    assert first["campaigns"][0]["roi"] is None
