"""Every change of an alert is sent once to each of its recipients, also after failures."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.alerting import actions
from cloud.alerting.actions import OperatorAction
from cloud.alerting.history import read_notifications
from cloud.alerting.message import DEVICES_SHOWN, SITES_SHOWN
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.alerting.recipients import QuietHours, Recipient
from cloud.alerting.rules import Severity
from cloud.database import reading, writing
from tests.cloud.alerting.conftest import MINUTE, NOON, OPS, Scene, blind

AWAY = DeliveryFailure("no complete answer in time", FailureKind.AWAY)


def states(scene: Scene, alert: int = 1) -> list[tuple[str, str, str]]:
    with reading(scene.engine) as connection:
        rows = read_notifications(connection, alert)
    return [(row.recipient, row.change, row.state) for row in rows]


def test_an_unreachable_recipient_is_notified_later_and_only_once(scene: Scene) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), NOON, OPS)
    assert scene.deliver(NOON, OPS) == 0
    scene.recorder.failure = None
    assert scene.deliver(NOON + MINUTE / 2, OPS) == 0
    assert scene.deliver(NOON + MINUTE, OPS) == 1
    assert scene.deliver(NOON + 2 * MINUTE, OPS) == 0
    assert scene.recorder.received == ["raised KX-01"]


def test_an_alert_that_clears_before_a_retry_sends_both_changes(
    scene: Scene,
) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    scene.happens(blind(0.0), NOON + MINUTE / 2, OPS)
    scene.deliver(NOON + MINUTE / 2, OPS)
    scene.recorder.failure = None
    scene.deliver(NOON + 5 * MINUTE, OPS)
    assert scene.recorder.received == ["raised KX-01", "cleared KX-01"]
    assert {state for _, _, state in states(scene)} == {"sent"}


def test_both_changes_are_sent_when_the_recipient_was_unreachable_before_the_alert(
    scene: Scene,
) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9, "LB-01"), NOON, OPS)
    scene.deliver(NOON, OPS)
    scene.happens(blind(0.9), NOON + MINUTE / 4, OPS)
    scene.happens(blind(0.0), NOON + MINUTE / 2, OPS)
    scene.recorder.failure = None
    scene.deliver(NOON + MINUTE, OPS)
    assert sorted(scene.recorder.received) == ["cleared KX-01", "raised KX-01", "raised LB-01"]
    assert scene.recorder.received.index("raised KX-01") < scene.recorder.received.index(
        "cleared KX-01"
    )


def test_quiet_hours_delay_notifications_until_their_end(
    scene: Scene,
) -> None:
    sleeper = Recipient(
        name="sleeper", to="log:", quiet=QuietHours("22:00", "07:00", "Europe/Paris")
    )
    night = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past eleven in Paris
    scene.happens(blind(0.9), night, sleeper)
    scene.happens(blind(0.0), night + MINUTE, sleeper)  # over before anybody woke
    scene.happens(blind(0.9), night + 2 * MINUTE, sleeper)
    assert scene.deliver(night + timedelta(hours=7), sleeper) == 0
    assert scene.deliver(datetime(2026, 11, 21, 6, 0, tzinfo=UTC), sleeper) == 1
    assert scene.recorder.received == ["raised KX-01"]
    assert states(scene, 1) == [("sleeper", "raised", "withdrawn")]


def test_what_failed_in_the_evening_is_not_lost_in_the_night(scene: Scene) -> None:
    sleeper = Recipient(name="sleeper", to="log:", quiet=QuietHours("22:00", "07:00", "UTC"))
    evening = datetime(2026, 11, 20, 21, 59, tzinfo=UTC)
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), evening, sleeper)
    scene.deliver(evening, sleeper)
    scene.happens(blind(0.0), evening + 5 * MINUTE, sleeper)
    scene.recorder.failure = None
    assert scene.deliver(evening + 10 * MINUTE, sleeper) == 0
    scene.deliver(datetime(2026, 11, 21, 7, 0, tzinfo=UTC), sleeper)
    assert scene.recorder.received == ["raised KX-01", "cleared KX-01"]


@pytest.mark.parametrize(
    ("filters", "is_notified"),
    [
        ({}, True),
        ({"kinds": ("camera.",)}, True),
        ({"kinds": ("crowd.", "equipment.")}, False),
        ({"locations": ("KX-01",)}, True),
        ({"locations": ("LB-01",)}, False),
    ],
)
def test_a_recipient_hears_only_what_it_wants(
    scene: Scene, filters: dict[str, tuple[str, ...]], is_notified: bool
) -> None:
    choosy = Recipient(name="choosy", to="log:", **filters)
    scene.happens(blind(0.9), NOON, choosy)
    assert scene.deliver(NOON, choosy) == int(is_notified)


def test_two_thousand_cameras_at_once_are_one_notice(scene: Scene) -> None:
    measures = [
        blind(0.9, f"S-{site:03}", f"s-{site:03}-cam-{camera}")
        for site in range(100) for camera in range(20)
    ]  # fmt: skip
    within = timedelta(minutes=2)
    scene.names = {f"S-{site:03}": f"Site {site}" for site in range(100)}
    scene.happens(measures[:900], NOON, OPS, within=within)
    scene.happens(measures[900:], NOON + MINUTE, OPS, within=within)
    assert scene.deliver(NOON + MINUTE, OPS) == 0
    assert scene.deliver(NOON + within, OPS) == 1
    (message,) = scene.recorder.messages
    body = json.loads(json.dumps(message.json()))
    assert (body["count"], body["alert"], body["severity"]) == (2_000, None, Severity.CRITICAL)
    assert body["sites"][0] == {"location": "S-000", "site_name": "Site 0", "count": 20}
    assert (len(body["sites"]), len(body["alerts"])) == (SITES_SHOWN, DEVICES_SHOWN)
    assert "2,000 cameras at 100 sites" in message.subject
    text = message.text()
    assert "and 50 more sites" in text
    assert "and 1,980 more cameras" in text
    assert "/api/alerts?kind=camera.unobserved&state=open" in text


def test_a_group_that_failed_is_repeated_as_it_was(scene: Scene) -> None:
    keys: list[str] = []
    scene.recorder.failure = AWAY
    scene.dispatcher.send = lambda who, message: (
        keys.append(message.key) or scene.recorder(who, message)
    )
    scene.happens([blind(0.9, "A"), blind(0.9, "B")], NOON, OPS)
    scene.deliver(NOON, OPS)
    scene.happens(blind(0.9, "C"), NOON + MINUTE / 2, OPS)
    scene.recorder.failure = None
    scene.deliver(NOON + MINUTE, OPS)
    assert keys[0] == keys[1] != keys[2]
    assert scene.recorder.received == ["raised A", "raised B", "raised C"]


def acknowledge(scene: Scene, at: datetime, number: int = 1, note: str = "on my way") -> Any:
    with writing(scene.engine) as connection:
        return actions.acknowledge(connection, number, OperatorAction("operator:ann", at, note))
