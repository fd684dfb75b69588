"""Campaigns of the caller; those of another account do not exist."""

from tests.cloud.api.campaigns.conftest import SPRING, WINTER, CampaignApi


def test_an_account_sees_its_campaigns_and_staff_all(api: CampaignApi) -> None:
    own = api.get("/api/campaigns").json()
    assert [(one["id"], one["name"]) for one in own["campaigns"]] == [(WINTER, "Winter")]
    every = api.get("/api/campaigns?limit=1", by="sales").json()
    further = api.get(f"/api/campaigns?limit=1&after={every['next']}", by="sales").json()
    ids = {one["id"] for page in (every, further) for one in page["campaigns"]}
    assert ids == {WINTER, SPRING}
    assert further["next"] is None
    (line,) = api.get(f"/api/campaigns/{WINTER}").json()["lines"]
    of_order = api.get("/api/campaigns?order=SO-1").json()["campaigns"]
    assert [one["id"] for one in of_order] == [WINTER]
    assert api.get("/api/campaigns?order=SO-9").json()["campaigns"] == []
    assert (line["line_id"], line["location"], line["creatives"]) == ("SO-1-1", "KX-01", ["a"])


def test_objects_of_another_account_are_answered_as_unknown(api: CampaignApi) -> None:
    for end in ("", "/performance", "/history", "/live"):
        other, never = (api.get(f"/api/campaigns/{one}{end}") for one in (SPRING, "f" * 32))
        assert other.status_code == never.status_code == 404
        assert other.json()["detail"] == never.json()["detail"]


def test_a_guarantee_is_set_by_sales_once_for_each_key(api: CampaignApi) -> None:
    where = f"/api/campaigns/{WINTER}/lines/SO-1-1/guarantee"
    body = {"metric": "ots", "amount": 900}
    assert api.send("PUT", where, body).status_code == 403
    first = api.send("PUT", where, body, by="sales", key="k-1")
    again = api.send("PUT", where, body, by="sales", key="k-1")
    assert (first.status_code, first.json()) == (200, {**body, "measured_only": False})
    assert again.headers["idempotent-replayed"] == "true"
    unknown = where.replace("SO-1-1", "SO-2-1")
    assert api.send("PUT", unknown, body, by="sales").status_code == 404
    assert api.send("PUT", where, {"metric": "ots", "amount": 0}, by="sales").status_code == 422
    pacing = api.get(f"/api/campaigns/{WINTER}/performance").json()["pacing"]
    assert pacing["goal_ots"] == 900
