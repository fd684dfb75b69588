"""Failed deliveries are retried at growing intervals up to a limit."""

from sqlalchemy import select

from cloud.alerting import notifications
from cloud.alerting.backoff import GIVE_UP_AFTER, MOST_ATTEMPTS, pause
from cloud.alerting.history import read_notifications
from cloud.alerting.notifications import DeliveryFailure, FailureKind
from cloud.database import reading, recipient_status, writing
from tests.cloud.alerting.conftest import MINUTE, NOON, OPS, Scene, blind

AWAY = DeliveryFailure("no complete answer in time", FailureKind.AWAY)


def states(scene: Scene, alert: int = 1) -> list[tuple[str, str, str]]:
    with reading(scene.engine) as connection:
        rows = read_notifications(connection, alert)
    return [(row.recipient, row.change, row.state) for row in rows]


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
