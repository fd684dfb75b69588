"""Shadows belong to registered devices; a deleted shadow continues its versions for two days."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from cloud.database import writing
from cloud.fleet import topic_handler
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.shadows import shadow_store
from cloud.fleet.shadows.shadow import ShadowError, ShadowUpdate
from cloud.fleet.shadows.shadow_store import ShadowName
from cloud.fleet.tables import device_table, shadows
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLASSIC, CONFIG = ShadowName("cam-1"), ShadowName("cam-1", "config")
PAUSED = ShadowUpdate({"desired": {"paused": True}})


def test_versions_restart_two_days_after_a_deletion(fleet):
    whose = ShadowName("cam-1")
    update = topic_handler.shadow.ShadowUpdate({"desired": {"a": 1}})
    #  deleted on Friday 9:00: version 2 follows on Sunday 8:00, version 1 on Sunday 9:00
    for later, version in ((timedelta(hours=47), 2), (timedelta(hours=48), 1)):
        with writing(fleet) as connection:
            connection.exec_driver_sql("delete from shadows")
            shadow_store.update_shadow(connection, whose, update, at=START)
            shadow_store.delete_shadow(connection, whose, at=START)
            again = shadow_store.update_shadow(connection, whose, update, at=START + later)
        assert again.shadow.version == version


@pytest.fixture
def cam(connection: Connection) -> Connection:
    devices.register_device(connection, Device("cam-1", "KX-01"), Author("ann", START))
    return connection


@SQLITE_ONLY
def test_an_update_creates_the_shadow_and_then_merges_into_it(cam: Connection) -> None:
    assert shadow_store.read_shadow(cam, CONFIG, at=START) is None
    shadow_store.update_shadow(cam, CONFIG, PAUSED, at=START)
    change = shadow_store.update_shadow(
        cam, CONFIG, ShadowUpdate({"reported": {"paused": False}}), at=START
    )
    found = shadow_store.get_shadow(cam, CONFIG, at=START)
    assert found == change.shadow
    assert (found.version, found.state, found.delta) == (
        2, {"desired": {"paused": True}, "reported": {"paused": False}}, {"paused": True},
    )  # fmt: skip


@SQLITE_ONLY
def test_named_shadows_and_the_classic_one_are_apart(cam: Connection) -> None:
    shadow_store.update_shadow(cam, CONFIG, PAUSED, at=START)
    assert shadow_store.read_shadow(cam, CLASSIC, at=START) is None
    shadow_store.update_shadow(cam, CLASSIC, PAUSED, at=START)
    shadow_store.delete_shadow(cam, CLASSIC, at=START)
    assert shadow_store.read_shadow(cam, CONFIG, at=START) is not None


@SQLITE_ONLY
def test_the_table_shows_which_shadows_differ(cam: Connection) -> None:
    shadow_store.update_shadow(cam, CONFIG, PAUSED, at=START)
    assert cam.execute(select(shadows.c.differs)).scalar_one() is True
    applied = ShadowUpdate({"reported": {"paused": True}})
    shadow_store.update_shadow(cam, CONFIG, applied, at=START)
    assert cam.execute(select(shadows.c.differs)).scalar_one() is False


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("whose", "message"),
    [
        (CLASSIC, "No shadow exists with name: 'cam-1'"),
        (CONFIG, "No shadow exists with name: 'cam-1~config'"),
    ],
)
def test_a_shadow_that_does_not_exist_is_not_found(cam, whose: ShadowName, message: str) -> None:
    for act in (shadow_store.get_shadow, shadow_store.delete_shadow):
        with pytest.raises(ShadowError, match=message) as refused:
            act(cam, whose, at=START)
        assert refused.value.code == 404


@SQLITE_ONLY
def test_a_device_that_is_unknown_or_retired_gets_no_shadow(cam: Connection) -> None:
    cam.execute(update(device_table).values(retired_at=START))
    for name in ("cam-1", "none", "x" * 900):
        with pytest.raises(ShadowError, match=f"Thing not found: '{name[:63]}'"):
            shadow_store.update_shadow(cam, ShadowName(name), PAUSED, at=START)
    assert cam.execute(select(shadows)).all() == []


@SQLITE_ONLY
def test_an_update_that_is_refused_changes_nothing(cam: Connection) -> None:
    shadow_store.update_shadow(cam, CONFIG, PAUSED, at=START)
    stale = ShadowUpdate({"desired": {"paused": False}}, version=7)
    with pytest.raises(ShadowError, match="Version conflict"):
        shadow_store.update_shadow(cam, CONFIG, stale, at=START)
    assert shadow_store.get_shadow(cam, CONFIG, at=START).version == 1


@SQLITE_ONLY
def test_subscribers_get_a_delta_only_when_there_is_one(cam: Connection) -> None:
    change = shadow_store.update_shadow(cam, CONFIG, PAUSED, at=START)
    assert [one.topic for one in shadow_store.change_messages("t", change)] == [
        "t/delta", "t/documents",
    ]  # fmt: skip
    applied = ShadowUpdate({"reported": {"paused": True}})
    change = shadow_store.update_shadow(cam, CONFIG, applied, at=START)
    assert [one.topic for one in shadow_store.change_messages("t", change)] == ["t/documents"]
