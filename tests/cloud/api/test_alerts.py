"""The history of alerts: for staff keys only, in pages, the latest first."""

from datetime import datetime, timedelta

import pytest

from cloud import database
from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.notifications import plan_notifications
from cloud.alerting.recipients import Recipient
from cloud.alerting.rules import AlertKind, AlertThresholds, Measure
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota

PATH = "/api/alerts"
MINUTE = timedelta(minutes=1)
OPS = Recipient(name="ops", to="log:")
AT_ONCE = {kind: AlertThresholds(0.5, 0.2, hold_clear=timedelta()) for kind in AlertKind}


def happens(
    context: AppContext, at: datetime, location: str, kind: AlertKind, value: float
) -> None:
    device = "" if kind is AlertKind.SURGE else f"{location.lower()}-cam-1"
    with database.writing(context.engine) as connection:
        plan_notifications(
            connection,
            apply_measures(connection, [Measure(kind, location, device, value, "so")], at, AT_ONCE),
            [OPS],
        )


@pytest.fixture
def noon(context: AppContext, clock) -> datetime:
    #  11:00  KX-01 blind |-----------|
    #  11:10       LB-01 blind |-------------------
    #  11:20            KX-01 surge |--------------
    #         ------------------|----|----------|--
    #                         11:30            12:00
    start = clock.now - timedelta(hours=1)
    happens(context, start, "KX-01", AlertKind.UNOBSERVED, 0.9)
    happens(context, start + 10 * MINUTE, "LB-01", AlertKind.UNOBSERVED, 0.8)
    happens(context, start + 20 * MINUTE, "KX-01", AlertKind.SURGE, 4.0)
    happens(context, start + 30 * MINUTE, "KX-01", AlertKind.UNOBSERVED, 0.0)
    return clock.now


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1", f"{PATH}/999"])
@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.ADVERTISER, 403)])
def test_strangers_and_advertisers_do_not_learn_whether_there_is_an_alert(
    ask, context: AppContext, clock, noon, path: str, role: Role | None, status: int
):
    ask.app = create_app(context, quota=Quota())
    key = create_key(context.engine, role, "a test", by="me", now=clock.now) if role else ""
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
        ("kind=crowd.surge&kind=camera.unobserved", [3, 2, 1]),
        ("state=open", [3, 2]),
        ("state=cleared", [1]),
        ("from=2026-11-20T11:30:00Z", [3, 2]),
        ("from=2026-11-20T11:29:00Z", [3, 2, 1]),
        ("until=2026-11-20T11:20:00Z", [2, 1]),
        ("from=2026-11-20T11:05:00Z&until=2026-11-20T11:06:00Z", [1]),
        ("from=2026-11-20T12:05:00%2B01:00&until=2026-11-20T11:06:00Z", [1]),
        ("before=3&limit=1", [2]),
    ],
)
def test_alerts_are_found_by_place_kind_state_and_time(ask, noon, query: str, found: list[int]):
    assert [one["id"] for one in ask.get(f"{PATH}?{query}").json()["alerts"]] == found


@pytest.mark.parametrize(
    "query",
    ["state=standing", "kind=%25", "kind=", "kind=banana", "kind=camera.&kind=crowd_surge",
     "location=a%00b", "location=KX/01", "before=0", "limit=501",
     "limit=0", "from=yesterday", "from=2026-11-20T11:00:00",
     "from=2026-11-20T11:00:00Z&until=2026-11-20T11:00:00Z"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(ask, query: str):
    answer = ask.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_kind_that_no_alert_has_is_refused_with_those_there_are(ask):
    detail = ask.get(f"{PATH}?kind=banana").json()["detail"]
    assert "'banana' is neither a kind of alert" in detail
    assert all(kind in detail for kind in AlertKind)


def test_pages_follow_each_other_whatever_is_raised_meanwhile(ask, context: AppContext, noon):
    first = ask.get(f"{PATH}?limit=2").json()
    happens(context, noon, "SC-01", AlertKind.OFFLINE, 20.0)
    second = ask.get(f"{PATH}?limit=2&before={first['next']}").json()
    assert [[one["id"] for one in page["alerts"]] for page in (first, second)] == [[3, 2], [1]]
    assert second["next"] is None


def test_an_alert_is_shown_with_its_notifications(ask, noon):
    answer = ask.get(f"{PATH}/1").json()
    assert (answer["state"], answer["kind"], answer["device"]) == (
        "cleared",
        "camera.unobserved",
        "kx-01-cam-1",
    )
    assert (answer["raised_at"], answer["cleared_at"]) == (
        "2026-11-20T11:00:00Z",
        "2026-11-20T11:30:00Z",
    )
    assert [
        (one["recipient"], one["change"], one["sent_at"]) for one in answer["notifications"]
    ] == [
        ("ops", "raised", None),
        ("ops", "cleared", None),
    ]
    assert ask.get(f"{PATH}/3").json()["device"] is None


def key_of(context: AppContext, clock, role: Role) -> dict[str, str]:
    return {"x-api-key": create_key(context.engine, role, "ann", by="me", now=clock.now)}


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 401), (Role.ADVERTISER, 403), (Role.SALES, 403), (Role.OPERATIONS, 200),
     (Role.ADMIN, 200)],
)  # fmt: skip
@pytest.mark.parametrize(
    ("act", "body"), [("acknowledge", {"note": "on my way"}), ("close", {"reason": "repaired"})]
)
def test_only_operations_acknowledge_and_close(
    ask,
    context: AppContext,
    clock,
    noon,
    act: str,
    body: dict[str, str],
    role: Role | None,
    status: int,
):
    ask.app = create_app(context, quota=Quota())
    headers = key_of(context, clock, role) if role else {}
    answer = ask("POST", f"{PATH}/3/{act}", json=body, headers=headers)
    assert answer.status_code == status


def test_who_acknowledged_and_closed_an_alert_and_why_is_shown_and_audited(
    ask, context: AppContext, clock, noon
):
    ask.app = create_app(context, quota=Quota())
    headers = key_of(context, clock, Role.OPERATIONS)
    ask("POST", f"{PATH}/3/acknowledge", json={"note": "on my way"}, headers=headers)
    again = ask("POST", f"{PATH}/3/acknowledge", json={"note": "me too"}, headers=headers)
    assert again.json()["acknowledged_note"] == "on my way"
    closed = ask("POST", f"{PATH}/3/close", json={"reason": "a parade"}, headers=headers).json()
    assert (closed["state"], closed["close_reason"]) == ("cleared", "a parade")
    assert closed["closed_by"].startswith("api:ann (key ")
    assert [one["state"] for one in closed["notifications"]] == ["withdrawn"]
    assert (closed["severity"], closed["acknowledged_at"]) == ("info", "2026-11-20T12:00:00Z")
    with database.reading(context.engine) as connection:
        made = [(one.action, one.object) for one in audit.read_entries(connection)]
        audit.verify_chain(connection)
    assert made[-2:] == [("alert.acknowledge", "3"), ("alert.close", "3")]


@pytest.mark.parametrize("act", ["acknowledge", "close"])
def test_what_has_ended_is_not_acted_on(ask, noon, act: str):
    body = {"note": "x"} if act == "acknowledge" else {"reason": "x"}
    answer = ask("POST", f"{PATH}/1/{act}", json=body)
    assert (answer.status_code, answer.json()["title"]) == (409, "Alert has ended")
    assert ask("POST", f"{PATH}/999/{act}", json=body).status_code == 404


@pytest.mark.parametrize(
    ("act", "body"),
    [("close", {}), ("close", {"reason": ""}), ("close", {"reason": "  "}),
     ("close", {"reason": "a\nb"}), ("close", {"reason": "x" * 501}), ("close", {"note": "x"}),
     ("acknowledge", {"note": "x" * 501}), ("acknowledge", {"note": 7})],
)  # fmt: skip
def test_an_act_without_a_plain_reason_is_refused(ask, noon, act: str, body: dict[str, object]):
    assert ask("POST", f"{PATH}/3/{act}", json=body).status_code == 422
    assert ask.get(f"{PATH}/3").json()["state"] == "open"
