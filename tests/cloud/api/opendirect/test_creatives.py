"""Creatives are submitted as AdCOM ads, approved by the publisher, and assigned by name."""

import pytest

from tests.cloud.api.opendirect.conftest import ACME, ROOT, add_line
from tests.cloud.api.orders.conftest import Market

CREATIVES = f"{ACME}/creatives"
VIDEO = {"mime": ["video/mp4"], "w": 1080, "h": 1920, "dur": 10}
CREATIVE = {"name": "tea-10s", "ad": {"video": VIDEO}, "ext": {"sha256": "c" * 64}}


def test_a_creative_is_submitted_approved_and_assigned(market: Market) -> None:
    created = market("acme", "POST", CREATIVES, CREATIVE)
    assert created.status_code == 200, created.text
    creative, where = created.json(), created.headers["location"]
    assert creative["accountid"] == "acme"
    assert creative["ad"] == {"id": "tea-10s", "video": VIDEO}
    assert creative["creativeapprovals"] == [{"onlooker": "PENDING"}]
    assert market("acme", "POST", CREATIVES, CREATIVE).json() == creative

    approve = f"/api/creatives/{creative['id']}/approve"
    assert market("sales", "POST", approve).status_code == 200
    found = market("acme", "GET", where)
    assert found.json()["creativeapprovals"] == [{"onlooker": "APPROVED"}]
    headers = {"x-api-key": market.keys["acme"], "if-none-match": found.headers["etag"]}
    assert market.client.get(where, headers=headers).status_code == 304

    line = add_line(market, startdate="2026-11-27T07:00:00Z", enddate="2026-11-27T08:00:00Z")
    asked = {"creativeid": "tea-10s", "placementid": line.rpartition("/")[2]}
    assert market("acme", "POST", f"{ACME}/assignments", asked).status_code == 200


def test_a_rejection_has_its_reason(market: Market) -> None:
    display = {"display": {"mime": "image/png", "w": 1080, "h": 1920, "curl": "https://x.example"}}
    created = market("acme", "POST", CREATIVES, {"name": "dark", "ad": display}).json()
    assert created["ad"]["display"] == display["display"]
    reject = f"/api/creatives/{created['id']}/reject"
    assert market("sales", "POST", reject, {"reason": "too dark"}).status_code == 200
    found = market("acme", "GET", f"{CREATIVES}/{created['id']}").json()
    assert found["creativeapprovals"] == [{"onlooker": "REJECTED"}]
    assert found["ext"]["reason"] == "too dark"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ad": {}}, "ad"),
        ({"ad": {"video": VIDEO, "display": {"mime": "image/png", "w": 1, "h": 1}}}, "ad"),
        ({"ad": {"video": {**VIDEO, "mime": ["text/html"]}}}, "ad.video.mime"),
        ({"ad": {"video": {**VIDEO, "dur": 0}}}, "ad.video.dur"),
        ({"ext": {}}, "ext.sha256"),
        ({"ext": {"sha256": "d" * 64}, "name": "spring-sale"}, ""),  # another file of that name
        ({"name": "no name"}, ""),
    ],
)
def test_an_invalid_creative_is_refused_with_its_field(
    market: Market, change: dict, field: str
) -> None:
    refused = market("acme", "POST", CREATIVES, {**CREATIVE, **change})
    assert refused.status_code == 400, refused.text
    assert refused.json()["errors"][0]["Field"].startswith(field)


def test_creatives_are_those_of_the_account(market: Market) -> None:
    found = market("acme", "GET", f"{CREATIVES}?count=1")
    (creative,) = found.json()["creatives"]
    assert int(found.headers["x-total-count"]) >= 1
    assert market("bolt", "GET", CREATIVES).status_code == 404
    assert market("bolt", "GET", f"{ROOT}/accounts/bolt/creatives").json() == {"creatives": []}
    where = f"{ROOT}/accounts/bolt/creatives/{creative['id']}"
    assert market("bolt", "GET", where).status_code == 404
    assert market("sales", "GET", f"{ROOT}/accounts/nobody/creatives").status_code == 404
