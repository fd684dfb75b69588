"""An operator acknowledges or closes an alert."""

from datetime import datetime
from typing import Any

from cloud.alerting import actions
from cloud.alerting.actions import OperatorAction
from cloud.alerting.history import read_notifications
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.database import reading, writing
from tests.cloud.alerting.conftest import MINUTE, NOON, OPS, Scene, blind

AWAY = DeliveryFailure("no complete answer in time", FailureKind.AWAY)


def states(scene: Scene, alert: int = 1) -> list[tuple[str, str, str]]:
    with reading(scene.engine) as connection:
        rows = read_notifications(connection, alert)
    return [(row.recipient, row.change, row.state) for row in rows]


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
