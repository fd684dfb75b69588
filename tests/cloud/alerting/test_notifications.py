"""Every change of an alert is told once, to whoever wants it, whatever fails on the way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cloud.alerting import actions, notifications
from cloud.alerting.actions import OperatorAction
from cloud.alerting.backoff import GIVE_UP_AFTER, MOST_ATTEMPTS, pause
from cloud.alerting.history import read_notifications
from cloud.alerting.message import DEVICES_SHOWN, SITES_SHOWN, Severity
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.alerting.recipients import QuietHours, Recipient
from cloud.database import reading, recipient_status, writing
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


def test_a_recipient_that_fails_holds_up_no_other(scene: Scene) -> None:
    scene.recorder.failure, scene.recorder.failing_names = AWAY, {"deaf"}
    failing_names = Recipient(name="deaf", to="log:")
    scene.happens(blind(0.9), NOON, failing_names, OPS)
    assert scene.deliver(NOON, failing_names, OPS) == 1
    assert states(scene) == [("deaf", "raised", "pending"), ("ops", "raised", "sent")]


def test_attempts_grow_apart_for_each_recipient(scene: Scene) -> None:
    scene.recorder.failure = AWAY
    at, waits = NOON, []
    scene.happens(blind(0.9), NOON, OPS)
    for _ in range(9):
        scene.deliver(at, OPS)
        with reading(scene.engine) as connection:
            (state,) = connection.execute(select(recipient_status)).all()
        waits.append((state.next_at - at) / MINUTE)
        at = state.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_while_a_recipient_is_waited_for_nothing_else_is_tried_on_it(scene: Scene) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    scene.recorder.failure = None
    scene.happens(blind(0.9, "LB-01"), NOON + MINUTE / 2, OPS)
    assert scene.deliver(NOON + MINUTE / 2, OPS) == 0
    assert scene.deliver(NOON + MINUTE, OPS) == 2


def test_a_message_that_is_refused_is_given_up_and_others_go_on(scene: Scene) -> None:
    scene.recorder.failure = DeliveryFailure("it refused the message (400)", FailureKind.REFUSED)
    scene.happens(blind(0.9), NOON, OPS)
    at = NOON
    for tries in range(1, MOST_ATTEMPTS + 1):
        scene.deliver(at, OPS)
        at += pause(tries)
    assert states(scene) == [("ops", "raised", "given_up")]
    scene.recorder.failure = None
    scene.happens(blind(0.0), at, OPS)
    scene.deliver(at, OPS)
    assert scene.recorder.received == ["cleared KX-01"]


def test_a_notification_that_failed_for_two_days_is_given_up(scene: Scene) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    late = NOON + GIVE_UP_AFTER + MINUTE
    with writing(scene.engine) as connection:
        assert notifications.give_up_old(connection, NOON + MINUTE) == 0
        assert notifications.give_up_old(connection, late) == 1
    assert scene.deliver(late, OPS) == 0


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


def test_two_processes_deliver_a_notice_once(scene: Scene) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    with writing(scene.engine) as connection:
        assert notifications.claim_message(connection, OPS, NOON, {}) is not None
    with writing(scene.engine) as connection:
        assert notifications.claim_message(connection, OPS, NOON + MINUTE, {}) is None
    with writing(scene.engine) as connection:  # the other has died
        assert (
            notifications.claim_message(connection, OPS, NOON + notifications.LEASE, {}) is not None
        )


def acknowledge(scene: Scene, at: datetime, number: int = 1, note: str = "on my way") -> Any:
    with writing(scene.engine) as connection:
        return actions.acknowledge(connection, number, OperatorAction("operator:ann", at, note))


def test_an_acknowledged_alert_sends_no_further_notice(scene: Scene) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    row = acknowledge(scene, NOON + MINUTE / 2)
    assert (row.acknowledged_by, row.acknowledged_note) == ("operator:ann", "on my way")
    scene.recorder.failure = None
    scene.deliver(NOON + MINUTE, OPS)
    scene.happens(blind(0.0), NOON + 2 * MINUTE, OPS)
    scene.deliver(NOON + 3 * MINUTE, OPS)
    assert scene.recorder.received == []
    assert states(scene) == [("ops", "raised", "withdrawn")]


def test_the_next_alert_of_an_acknowledged_kind_is_sent_again(scene: Scene) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    acknowledge(scene, NOON)
    scene.happens(blind(0.0), NOON + MINUTE, OPS)
    scene.happens(blind(0.9), NOON + 2 * MINUTE, OPS)
    scene.deliver(NOON + 2 * MINUTE, OPS)
    assert scene.recorder.received == ["raised KX-01", "raised KX-01"]


def test_an_alert_closed_by_hand_sends_its_reason_and_is_not_raised_before_it_ends(
    scene: Scene,
) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    with writing(scene.engine) as connection:
        actions.close(
            connection, 1, OperatorAction("operator:ann", NOON + MINUTE, "taken down for repair")
        )
    scene.deliver(NOON + MINUTE, OPS)
    assert scene.recorder.messages[-1].items[0].message == (
        "closed by operator:ann: taken down for repair"
    )
    assert scene.happens(blind(0.9), NOON + 2 * MINUTE, OPS) == []
    assert scene.happens(blind(0.1), NOON + 3 * MINUTE, OPS) == []
    assert len(scene.happens(blind(0.9), NOON + 4 * MINUTE, OPS)) == 1
