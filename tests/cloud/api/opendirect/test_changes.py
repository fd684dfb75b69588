"""Assignments of creatives, and change requests that staff decide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.api.opendirect import changes
from cloud.campaigns.creatives import NewCreative, create_creative
from cloud.database import writing
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


def test_an_assignment_is_added_to_what_the_line_has_once_it_is_locked(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction assigns a creative after the line was found, before it was locked."""
    require = changes._require_line

    def find_before_another(connection, *words):
        found = require(connection, *words)
        return replace(found, creatives=())

    line = add_line(market, startdate="2026-11-28T07:00:00Z", enddate="2026-11-28T08:00:00Z")
    name = line.rpartition("/")[2]
    body = {"creativeid": "spring-sale", "placementid": name}
    assert market("acme", "POST", f"{ACME}/assignments", body).status_code == 200
    create_creative_named(market, "other")
    monkeypatch.setattr(changes, "_require_line", find_before_another)
    body["creativeid"] = "other"
    assert market("acme", "POST", f"{ACME}/assignments", body).status_code == 200
    found = market("acme", "GET", f"{ACME}/assignments").json()["assignments"]
    named = {one["creativeid"] for one in found if one["placementid"] == name}
    assert named == {"other", "spring-sale"}


def create_creative_named(market: Market, name: str) -> None:
    new = NewCreative(
        account="acme", name=name, sha256="b" * 64, reference=None, media_type="video/mp4",
        width_px=1080, height_px=1920, duration=timedelta(seconds=10), categories=(),
    )  # fmt: skip
    with writing(market.context.engine) as connection:
        create_creative(connection, new, by="me", now=market.context.clock())
