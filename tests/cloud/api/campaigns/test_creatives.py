"""Creatives: pending, then approved or rejected by sales or operations; a changed file is new."""

from typing import Any

from tests.cloud.api.campaigns.conftest import CampaignApi

FILE: dict[str, Any] = {
    "name": "winter-10s", "sha256": "0" * 64, "media_type": "video/mp4", "width_px": 1080,
    "height_px": 1920, "duration_s": 10, "categories": ["retail"],
}  # fmt: skip


def test_a_creative_is_stored_once_and_decided_with_a_reason(api: CampaignApi) -> None:
    stored = api.send("POST", "/api/creatives", FILE)
    assert (stored.status_code, stored.json()["status"]) == (201, "PENDING")
    where = f"/api/creatives/{stored.json()['id']}"
    assert api.send("POST", "/api/creatives", FILE).json()["id"] == stored.json()["id"]
    changed = api.send("POST", "/api/creatives", {**FILE, "sha256": "1" * 64})
    assert changed.status_code == 409
    assert "a changed file is a new creative" in changed.json()["detail"]

    assert api.send("POST", f"{where}/approve").status_code == 403
    rejected = api.send("POST", f"{where}/reject", {"reason": "too bright"}, by="operations")
    assert (rejected.json()["status"], rejected.json()["reason"]) == ("REJECTED", "too bright")
    assert api.send("POST", f"{where}/reject", {}, by="sales").status_code == 422
    approved = api.send("POST", f"{where}/approve", by="sales").json()
    assert (approved["status"], approved["reason"]) == ("APPROVED", None)
    assert api.get(where).json() == approved
    assert api.get("/api/creatives?status=APPROVED").json()["creatives"] == [approved]


def test_creatives_of_another_account_do_not_exist(api: CampaignApi) -> None:
    theirs = api.send("POST", "/api/creatives", {**FILE, "name": "theirs"}, by="bolt").json()
    other, never = (api.get(f"/api/creatives/{one}") for one in (theirs["id"], "f" * 32))
    assert other.status_code == never.status_code == 404
    assert other.json()["detail"] == never.json()["detail"]
    assert theirs["id"] not in api.get("/api/creatives").text
    assert api.get(f"/api/creatives?after={theirs['id']}").status_code == 404
    for account in ("bolt", "nobody"):  # only staff and agencies act for another account
        refused = api.send("POST", "/api/creatives", {**FILE, "name": "x", "account": account})
        assert (refused.status_code, refused.json()["title"]) == (404, "Unknown account")
    own = api.send("POST", "/api/creatives", {**FILE, "name": "x", "account": "acme"})
    assert (own.status_code, own.json()["account"]) == (201, "acme")


def test_a_request_without_a_key_or_with_a_wrong_name_is_refused(api: CampaignApi) -> None:
    headers = {"x-api-key": api.keys["acme"]}
    assert api.client("POST", "/api/creatives", headers=headers, json=FILE).status_code == 400
    for wrong in ({"name": "no name"}, {"name": "unknown"}):
        assert api.send("POST", "/api/creatives", {**FILE, **wrong}).status_code == 409
    for wrong in ({"sha256": "A" * 64}, {"media_type": "text/html"}, {"width_px": 0}):
        assert api.send("POST", "/api/creatives", {**FILE, **wrong}).status_code == 422
