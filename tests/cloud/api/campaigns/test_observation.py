"""Camera time of the booked hours: what nobody reported is no zero and no cause."""

from tests.cloud.api.campaigns.conftest import WINTER, CampaignApi


def test_time_is_observed_or_not_reported(api: CampaignApi) -> None:
    found = api.get(f"/api/campaigns/{WINTER}/observation").json()
    assert found["observed_s"] == 30 * 10 + 6 * 10 + 9 * 10
    assert found["expected_s"] == 2 * 3_600 + found["observed_s"]  # of cameras that are not listed
    assert found["unobserved_s"] == {}
    assert found["unreported_s"] == 2 * 3_600
    assert 0 < found["observed_share"] < 1
