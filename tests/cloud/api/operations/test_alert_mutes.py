"""Mutes over HTTP: created with an end and a reason, shown on the alerts that match, ended."""

import itertools
from datetime import timedelta

import httpx
import pytest

from cloud.app.context import AppContext
from tests.cloud.api.test_alerts import noon  # noqa: F401 - three alerts of KX-01 and LB-01

PATH = "/api/alert-mutes"
BODY = {"location": "KX-01", "until": "2026-11-20T18:00:00Z", "reason": "works"}
NUMBERS = itertools.count()


def send(ask, path: str, body: object = None, key: str | None = None) -> httpx.Response:
    headers = {"idempotency-key": key or f"mute-{next(NUMBERS)}"}
    answer: httpx.Response = ask("POST", path, json=body, headers=headers)
    return answer


def test_a_request_that_is_sent_again_mutes_and_ends_once(ask):
    made, again = (send(ask, PATH, BODY, "one") for _ in range(2))
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.json() == made.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(ask.get(PATH).json()["mutes"]) == 1
    ended, again = (send(ask, f"{PATH}/{made.json()['id']}/end", key="two") for _ in range(2))
    assert (ended.status_code, again.status_code, again.json()) == (200, 200, ended.json())
    assert ask("POST", PATH, json=BODY).status_code == 400


def test_an_open_alert_says_until_when_it_is_muted(ask, noon, context: AppContext, clock):  # noqa: F811
    made = send(ask, PATH, BODY)
    assert made.status_code == 201
    assert made.json()["active"] is True
    alerts = ask.get("/api/alerts").json()["alerts"]
    assert [(one["location"], one["muted_until"]) for one in alerts] == [
        ("KX-01", "2026-11-20T18:00:00Z"), ("LB-01", None), ("KX-01", None),
    ]  # fmt: skip
    ended = send(ask, f"{PATH}/{made.json()['id']}/end").json()
    assert (ended["active"], ended["ended_by"]) == (False, "api:anonymous, no API keys exist")
    assert ask.get("/api/alerts/3").json()["muted_until"] is None
    assert send(ask, f"{PATH}/{made.json()['id']}/end").status_code == 409


def test_a_mute_is_over_at_its_end(ask, clock):
    send(ask, PATH, BODY)
    clock.advance(timedelta(hours=6))
    (found,) = ask.get(PATH).json()["mutes"]
    assert (found["active"], found["ended_at"]) == (False, None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"location": None}, 422),
        ({"location": "XX-99"}, 404),
        ({"kind": "banana"}, 422),
        ({"until": "2026-11-20T11:00:00Z"}, 422),
        ({"until": "2027-11-20T11:00:00Z"}, 422),
        ({"reason": "a\u0000b"}, 422),
    ],
)
def test_a_mute_that_would_hide_too_much_is_refused(ask, change, status):
    assert send(ask, PATH, BODY | change).status_code == status


def test_an_alert_lists_its_changes(ask, noon):  # noqa: F811
    changes = ask.get("/api/alerts/1").json()["changes"]
    assert [one["change"] for one in changes] == ["raised", "cleared"]


def test_alerts_are_found_by_device(ask, noon):  # noqa: F811
    found = ask.get("/api/alerts?device=lb-01-cam-1").json()["alerts"]
    assert [one["id"] for one in found] == [2]
