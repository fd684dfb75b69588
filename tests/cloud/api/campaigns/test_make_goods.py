"""Make-goods: proposed where P90 is below the booking, approved by finance once all is final."""

from datetime import timedelta

from cloud.campaigns.delivery import LATE_DATA
from tests.cloud.api.campaigns.conftest import SPRING, WINTER, CampaignApi


def test_a_certain_shortfall_is_proposed_and_approved_by_finance(api: CampaignApi) -> None:
    where = f"/api/campaigns/{WINTER}"
    assert api.send("POST", f"{where}/make-goods", {}).status_code == 403
    (short,) = api.send("POST", f"{where}/make-goods", {}, by="sales").json()["make_goods"]
    # an hour was shown half as often as booked; of the other nobody knows
    limits = [short[name] for name in ("booked", "delivered", "delivered_low", "delivered_high")]
    assert (short["metric"], *limits) == ("plays", 120, 60, 30, 90)

    guarantee = {"metric": "ots", "amount": 100, "measured_only": True}
    api.send("PUT", f"{where}/lines/SO-1-1/guarantee", guarantee, by="sales")
    (early,) = api.send("POST", f"{where}/make-goods", {}, by="sales").json()["make_goods"]
    assert (early["booked"], early["delivered"], early["credit_minor"]) == (100, 75, 30)
    approve = f"/api/make-goods/{early['id']}/approve"
    assert api.send("POST", approve, {}, by="sales").status_code == 403
    refused = api.send("POST", approve, {}, by="finance")
    assert refused.status_code == 409
    assert "late reports" in refused.json()["detail"]

    api.clock.advance(LATE_DATA + timedelta(minutes=1))
    (final,) = api.send("POST", f"{where}/make-goods", {}, by="finance").json()["make_goods"]
    assert api.get(f"/api/make-goods/{early['id']}").status_code == 404  # replaced
    one = f"/api/make-goods/{final['id']}"
    assert api.send("POST", f"{one}/approve", {}, by="finance").json()["status"] == "approved"
    assert api.send("POST", f"{one}/reject", {}, by="finance").status_code == 409
    again = api.send("POST", f"{where}/make-goods", {}, by="finance").json()
    assert again == {"make_goods": []}

    assert api.get(one).json()["reason"].startswith("line SO-1-1 at KX-01 delivered 75 of 100 ots")
    assert api.get(one, by="bolt").status_code == 404
    assert api.get("/api/make-goods", by="bolt").json()["make_goods"] == []
    (listed,) = api.get("/api/make-goods?status=approved").json()["make_goods"]
    assert listed["id"] == final["id"]
    unknown = f"/api/campaigns/{SPRING}9/make-goods"
    assert api.send("POST", unknown, {}, by="sales").status_code == 404
