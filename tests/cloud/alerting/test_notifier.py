"""Messages are delivered one at a time for each recipient, and no recipient delays another."""

from cloud.alerting import notifications
from cloud.alerting.history import read_notifications
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.alerting.recipients import Recipient
from cloud.database import reading, writing
from tests.cloud.alerting.conftest import MINUTE, NOON, OPS, Scene, blind

AWAY = DeliveryFailure("no complete answer in time", FailureKind.AWAY)


def states(scene: Scene, alert: int = 1) -> list[tuple[str, str, str]]:
    with reading(scene.engine) as connection:
        rows = read_notifications(connection, alert)
    return [(row.recipient, row.change, row.state) for row in rows]


def test_a_recipient_that_fails_holds_up_no_other(scene: Scene) -> None:
    scene.recorder.failure, scene.recorder.failing_names = AWAY, {"deaf"}
    failing_names = Recipient(name="deaf", to="log:")
    scene.happens(blind(0.9), NOON, failing_names, OPS)
    assert scene.deliver(NOON, failing_names, OPS) == 1
    assert states(scene) == [("deaf", "raised", "pending"), ("ops", "raised", "sent")]


def test_while_a_recipient_is_waited_for_nothing_else_is_tried_on_it(scene: Scene) -> None:
    scene.recorder.failure = AWAY
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    scene.recorder.failure = None
    scene.happens(blind(0.9, "LB-01"), NOON + MINUTE / 2, OPS)
    assert scene.deliver(NOON + MINUTE / 2, OPS) == 0
    assert scene.deliver(NOON + MINUTE, OPS) == 2


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
