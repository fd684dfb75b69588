"""Saved briefs belong to an account; what cannot be planned is refused when it is saved."""

import pytest

from cloud.app.idempotency.idempotent_request import HEADER
from cloud.sales.saved_briefs import MAX_STORED
from tests.cloud.api.notifications.notice_api import NoticeApi

BRIEF = {"budget": "90.00", "from": "2026-11-23", "until": "2026-11-24", "locations": ["KX-01"]}
TEA = {"name": "Winter tea", "brief": BRIEF}


def test_a_brief_is_saved_listed_read_and_deleted(api: NoticeApi) -> None:
    acme = api.keys["acme"]
    saved = api.ask(acme, "POST", "/api/briefs", TEA)
    assert saved.status_code == 201, saved.text
    where = saved.headers["location"]
    assert api.ask(acme, "GET", where).json() == saved.json()
    assert saved.json()["brief"]["locations"] == ["KX-01"]
    assert saved.json()["plan"] is None
    api.ask(acme, "POST", "/api/briefs", {**TEA, "name": "second"})
    page = api.ask(acme, "GET", "/api/briefs?limit=1").json()
    rest = api.ask(acme, "GET", f"/api/briefs?limit=1&after={page['next']}").json()
    assert len({one["id"] for one in page["briefs"] + rest["briefs"]}) == 2
    assert rest["next"] is None
    assert api.ask(api.keys["bolt"], "GET", "/api/briefs").json()["briefs"] == []
    assert api.ask(acme, "DELETE", where).status_code == 204
    assert api.ask(acme, "GET", where).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"brief": {**BRIEF, "locations": ["ZZ-99"]}}, 404),
        ({"brief": {**BRIEF, "until": "2026-11-23"}}, 422),
        ({"brief": {**BRIEF, "budget": "-1"}}, 422),
        ({"name": ""}, 422),
        ({"name": "x" * 121}, 422),
    ],
)
def test_what_cannot_be_planned_is_not_saved(api: NoticeApi, changed: dict, status: int) -> None:
    answer = api.ask(api.keys["acme"], "POST", "/api/briefs", {**TEA, **changed})
    assert answer.status_code == status, answer.text


def test_a_request_that_is_sent_again_saves_one_brief(api: NoticeApi) -> None:
    key = {**api.keys["acme"], HEADER: "the-same"}
    first, again = (api.ask(key, "POST", "/api/briefs", TEA) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]


def test_an_account_saves_a_bounded_number(api: NoticeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.sales.saved_briefs.MAX_STORED", 1)
    assert MAX_STORED == 50
    answers = [api.ask(api.keys["bolt"], "POST", "/api/briefs", TEA) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 409]
