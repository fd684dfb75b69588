"""The history of alerts: closed to strangers, page by page, the latest first."""

from datetime import datetime, timedelta

import pytest

from cloud import database
from cloud.api.app import create_app
from cloud.api.desk import Desk
from cloud.api.keys import Role, create_key
from cloud.api.quota import Quota
from cloud.windows.alerts import settle
from cloud.windows.anomalies import Kind, Measure
from cloud.windows.notify import plan
from cloud.windows.recipients import Recipient

PATH = "/api/alerts"
MINUTE = timedelta(minutes=1)
OPS = Recipient(name="ops", to="log:")


def happens(desk: Desk, at: datetime, location: str, kind: Kind, value: float) -> None:
    device = "" if kind is Kind.SURGE else f"{location.lower()}-cam-1"
    with database.writing(desk.engine) as connection:
        plan(
            connection,
            settle(connection, [Measure(kind, location, device, value, "so")], at),
            [OPS],
        )


@pytest.fixture
def noon(desk: Desk, watch) -> datetime:
    #  11:00  KX-01 blind |-----------|
    #  11:10       LB-01 blind |-------------------
    #  11:20            KX-01 surge |--------------
    #         ------------------|----|----------|--
    #                         11:30            12:00
    start = watch.now - timedelta(hours=1)
    happens(desk, start, "KX-01", Kind.BLIND, 0.9)
    happens(desk, start + 10 * MINUTE, "LB-01", Kind.BLIND, 0.8)
    happens(desk, start + 20 * MINUTE, "KX-01", Kind.SURGE, 4.0)
    happens(desk, start + 30 * MINUTE, "KX-01", Kind.BLIND, 0.0)
    return watch.now


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1", f"{PATH}/999"])
@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.ADVERTISER, 403)])
def test_strangers_and_advertisers_do_not_learn_whether_there_is_an_alert(
    ask, desk: Desk, watch, noon, path: str, role: Role | None, status: int
):
    ask.app = create_app(desk, quota=Quota())
    key = create_key(desk.engine, role, "a test", by="me", now=watch.now) if role else ""
    answer = ask.get(path, headers={"x-api-key": key})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert "KX-01" not in answer.text


@pytest.mark.parametrize("number", ["999", str(2**63 - 1)])
def test_an_alert_that_never_was_is_not_found(ask, noon, number: str):
    answer = ask.get(f"{PATH}/{number}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown alert")


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "1e3"])
def test_what_is_no_number_is_not_understood(ask, number: str):
    assert ask.get(f"{PATH}/{number}").status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("location=KX-01", [3, 1]),
        ("location=LB-01&location=KX-01", [3, 2, 1]),
        ("location=NO-01", []),
        ("kind=camera.", [2, 1]),
        ("kind=crowd.surge&kind=camera.blind", [3, 2, 1]),
        ("kind=crowd_surge", []),
        ("state=open", [3, 2]),
        ("state=cleared", [1]),
        ("from=2026-11-20T11:30:00Z", [3, 2]),
        ("from=2026-11-20T11:29:00Z", [3, 2, 1]),
        ("until=2026-11-20T11:20:00Z", [2, 1]),
        ("from=2026-11-20T11:05:00Z&until=2026-11-20T11:06:00Z", [1]),
        ("from=2026-11-20T12:05:00%2B01:00&until=2026-11-20T11:06:00Z", [1]),
        ("before=3&count=1", [2]),
    ],
)
def test_alerts_are_found_by_place_kind_state_and_time(ask, noon, query: str, found: list[int]):
    assert [one["id"] for one in ask.get(f"{PATH}?{query}").json()["alerts"]] == found


@pytest.mark.parametrize(
    "query",
    ["state=standing", "kind=%25", "location=a%00b", "location=KX/01", "before=0", "count=501",
     "count=0", "from=yesterday", "from=2026-11-20T11:00:00",
     "from=2026-11-20T11:00:00Z&until=2026-11-20T11:00:00Z"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(ask, query: str):
    answer = ask.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_pages_follow_each_other_whatever_is_raised_meanwhile(ask, desk: Desk, noon):
    first = ask.get(f"{PATH}?count=2").json()
    happens(desk, noon, "SC-01", Kind.SILENT, 20.0)
    second = ask.get(f"{PATH}?count=2&before={first['next']}").json()
    assert [[one["id"] for one in page["alerts"]] for page in (first, second)] == [[3, 2], [1]]
    assert second["next"] is None


def test_an_alert_is_shown_with_who_was_told(ask, noon):
    answer = ask.get(f"{PATH}/1").json()
    assert (answer["state"], answer["kind"], answer["device"]) == (
        "cleared",
        "camera.blind",
        "kx-01-cam-1",
    )
    assert (answer["raised_at"], answer["cleared_at"]) == (
        "2026-11-20T11:00:00Z",
        "2026-11-20T11:30:00Z",
    )
    assert [(one["recipient"], one["change"], one["told_at"]) for one in answer["notices"]] == [
        ("ops", "raised", None),
        ("ops", "cleared", None),
    ]
    assert ask.get(f"{PATH}/3").json()["device"] is None
