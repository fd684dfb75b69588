"""The tables of alerts and dead letters refuse the duplicates that two processes could write."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloud.database.columns import EPOCH
from cloud.database.operations import alert_notifications, alerts, dead_letters, device_alarms

ALERT: dict[str, Any] = {
    "kind": "offline", "location": "KX-01", "device": "kx-01-cam-1", "value": 1.0, "message": "",
    "raised_at": EPOCH, "last_held_at": EPOCH,
}  # fmt: skip


def refuses(connection: Connection, table: Any, row: dict[str, Any]) -> bool:
    """Whether the row is refused; the transaction goes on."""
    try:
        with connection.begin_nested():
            connection.execute(insert(table), [row])
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize("other", [{"kind": "dark"}, {"location": "LB-01"}, {"device": ""}])
def test_a_kind_has_one_open_alert_at_each_location_and_camera(
    connection: Connection, other: dict[str, str]
) -> None:
    assert not refuses(connection, alerts, ALERT)
    assert refuses(connection, alerts, ALERT)
    assert not refuses(connection, alerts, ALERT | other)
    connection.execute(update(alerts).values(cleared_at=EPOCH))
    assert not refuses(connection, alerts, ALERT)
    numbers = connection.execute(select(alerts.c.id)).scalars().all()
    assert len(set(numbers)) == 3


def test_one_change_of_an_alert_is_one_notification_to_a_recipient(connection: Connection) -> None:
    notice = {"alert": 1, "change": "raised", "recipient": "ops", "due_at": EPOCH}
    assert not refuses(connection, alert_notifications, notice)
    assert refuses(connection, alert_notifications, notice)
    assert not refuses(connection, alert_notifications, notice | {"change": "cleared"})
    assert not refuses(connection, alert_notifications, notice | {"recipient": "noc"})
    found = connection.execute(select(alert_notifications)).first()
    assert found is not None
    assert (found.attempts, found.state, found.sent_at) == (0, "pending", None)


def test_the_same_dead_letter_and_the_same_alarm_are_stored_once(connection: Connection) -> None:
    letter = {
        "digest": "d", "kind": "topic", "reason": "", "topic": "", "claims": 0, "payload": b"\x00",
        "payload_bytes": 1, "times": 1, "first_received_at": EPOCH, "last_received_at": EPOCH,
    }  # fmt: skip
    assert not refuses(connection, dead_letters, letter)
    assert refuses(connection, dead_letters, letter)
    alarm = {
        "location": "KX-01", "device": "d", "kind": "k", "state": "raised", "at": EPOCH,
        "message": "", "received_at": EPOCH,
    }  # fmt: skip
    assert not refuses(connection, device_alarms, alarm)
    assert refuses(connection, device_alarms, alarm | {"message": "again"})
    assert not refuses(connection, device_alarms, alarm | {"state": "cleared"})
