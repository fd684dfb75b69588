"""Assignments of creatives, and change requests that staff decide."""

from tests.cloud.api.opendirect.conftest import ACME, add_line
from tests.cloud.api.orders.conftest import Market


def test_a_change_and_an_assignment(market: Market) -> None:
    flight = {"startdate": "2026-11-27T07:00:00Z", "enddate": "2026-11-27T08:00:00Z"}
    where = add_line(market, **flight)
    line = market("acme", "PATCH", f"{where}?book").json()
    body = {"creativeid": "spring-sale", "placementid": line["id"]}
    assigned = market("acme", "POST", f"{ACME}/assignments", body).json()
    listed = market("acme", "GET", f"{ACME}/assignments").json()["assignments"]
    assert assigned in listed
    assert market("bolt", "GET", f"{ACME}/assignments").status_code == 404
    gone = market("acme", "DELETE", f"{ACME}/assignments/{assigned['id']}")
    assert gone.status_code == 200
    asked = {
        "orderid": line["orderid"], "lineid": line["id"], "comments": "more of it",
        "ext": {"positions": 3},
    }  # fmt: skip
    change = market("acme", "POST", f"{ACME}/changerequest", asked).json()
    assert change["status"] == "PENDING"
    path = f"{ACME}/changesrequests/{change['id']}"
    assert market("acme", "PUT", f"{path}/approve").status_code == 403
    assert market("sales", "PUT", f"{path}/approve").json()["status"] == "APPROVED"
    assert market("acme", "GET", path).json()["status"] == "APPROVED"
    assert market("bolt", "GET", path).status_code == 404
