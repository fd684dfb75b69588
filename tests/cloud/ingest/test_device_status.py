"""The latest status of a device is kept, whatever arrives late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import device_alarms, device_status, reading
from cloud.ingest.commit import commit
from cloud.ingest.validate import DeviceMessage
from wire.audience import Versions
from wire.health import Alarm, AlarmState, CaptureState, Heartbeat, Presence, PresenceStatus
from wire.scalars import DeviceId, JournalId, LocationId
from wire.topics import DeviceAddress

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CAMERA = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


def heartbeat(minute: int) -> Heartbeat:
    return Heartbeat(
        location=CAMERA.location,
        device=CAMERA.device,
        journal=JournalId("00000000000000a1"),
        boot="b1",
        sent_at=NINE + timedelta(minutes=minute),
        uptime_ms=minute * 60_000,
        capture=CaptureState.STREAMING,
        frames_captured=1,
        frames_analysed=1,
        reconnects=0,
        outbox_reports=0,
        outbox_oldest_at=None,
        next_sequence=1,
        rss_bytes=1,
        versions=Versions(agent="0.1.0", detector="d1", attention="a1", config="c1"),
    )


def alarm(minute: int, state: AlarmState = AlarmState.RAISED, message: str = "dark") -> Alarm:
    return Alarm(
        location=CAMERA.location,
        device=CAMERA.device,
        kind="blind.dark",
        state=state,
        at=NINE + timedelta(minutes=minute),
        message=message,
    )


def keep(engine: Engine, *about: Heartbeat | PresenceStatus | Alarm, at: datetime = NINE) -> None:
    commit(engine, [DeviceMessage(CAMERA, one, "topic") for one in about], at)


def state(engine: Engine) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(device_status)).one()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_the_latest_heartbeat_stays(engine: Engine, order: tuple[int, ...]) -> None:
    for minute in order:
        keep(engine, heartbeat(minute))
    assert state(engine).heartbeat_at == NINE + timedelta(minutes=3)


def test_a_will_carries_no_time_and_counts_when_it_arrives(engine: Engine) -> None:
    online = PresenceStatus(device=CAMERA.device, presence=Presence.ONLINE, since=NINE)
    will = PresenceStatus(device=CAMERA.device, presence=Presence.OFFLINE)
    keep(engine, will, at=NINE + timedelta(minutes=5))
    keep(engine, online)
    assert (state(engine).presence, state(engine).presence_at.minute) == ("offline", 5)


def test_heartbeat_and_presence_do_not_disturb_each_other(engine: Engine) -> None:
    keep(
        engine,
        heartbeat(1),
        PresenceStatus(device=CAMERA.device, presence=Presence.ONLINE, since=NINE),
    )
    assert (state(engine).presence, state(engine).heartbeat_at.minute) == ("online", 1)


def test_an_alarm_is_history_and_comes_twice_only_once(engine: Engine) -> None:
    keep(engine, alarm(1), alarm(1), alarm(2, AlarmState.CLEARED, "light\0again"))
    keep(engine, alarm(1))
    with reading(engine) as connection:
        held = connection.execute(select(device_alarms).order_by(device_alarms.c.at)).all()
    assert [(row.state, row.message) for row in held] == [
        ("raised", "dark"),
        ("cleared", "light\N{REPLACEMENT CHARACTER}again"),
    ]
