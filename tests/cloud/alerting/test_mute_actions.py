"""While a mute is active, matching alerts are recorded and nobody is notified of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cloud.alerting.actions import AlertActionError
from cloud.alerting.history import AlertSearch, find_alerts
from cloud.alerting.mute_actions import (
    LONGEST_MUTE,
    MuteComparison,
    MuteEnded,
    NewMute,
    create_mute,
    end_mute,
)
from cloud.alerting.mutes import AlertMute, MuteFilter, UnknownMute
from cloud.auth import audit
from cloud.auth.audit_comparisons import compare_with_log
from cloud.database import alert_mutes, reading, writing
from tests.cloud.alerting.conftest import MINUTE, NOON, OPS, Scene, blind

HOUR = timedelta(hours=1)
KX = MuteFilter(location="KX-01")


def mute(scene: Scene, muted: MuteFilter = KX, *, at=NOON, length: timedelta = HOUR) -> AlertMute:
    new = NewMute(muted, at + length, "escalator works")
    with writing(scene.engine) as connection:
        return create_mute(connection, new, actor="ann", now=at)


def end(scene: Scene, number: int, at) -> AlertMute:
    with writing(scene.engine) as connection:
        return end_mute(connection, number, actor="bob", now=at)


def test_an_alert_that_ends_during_the_mute_is_recorded_and_not_sent(scene: Scene) -> None:
    mute(scene)
    scene.happens(blind(0.9), NOON + MINUTE, OPS)
    scene.happens(blind(0.0), NOON + 2 * MINUTE, OPS)
    scene.deliver(NOON + 2 * HOUR, OPS)
    assert scene.recorder.received == []
    with reading(scene.engine) as connection:
        (alert,) = find_alerts(connection, AlertSearch())
    assert (alert.raised_at, alert.cleared_at) == (NOON + MINUTE, NOON + 2 * MINUTE)


def test_an_alert_that_outlasts_the_mute_is_sent_at_its_end(scene: Scene) -> None:
    #  mute  |-------------|
    #  alert    |----------------
    mute(scene)
    scene.happens(blind(0.9), NOON + MINUTE, OPS)
    assert scene.deliver(NOON + HOUR - MINUTE, OPS) == 0
    assert scene.deliver(NOON + HOUR, OPS) == 1
    assert scene.recorder.received == ["raised KX-01"]


def test_a_mute_of_several_days_is_not_taken_for_a_recipient_that_cannot_be_reached(
    scene: Scene,
) -> None:
    mute(scene, length=timedelta(days=5))
    scene.happens(blind(0.9), NOON, OPS)
    scene.happens(blind(0.9), NOON + timedelta(days=5), OPS)
    scene.deliver(NOON + timedelta(days=5), OPS)
    assert scene.recorder.received == ["raised KX-01"]


def test_the_end_of_an_alert_that_was_sent_before_the_mute_is_sent_after_it(scene: Scene) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    scene.deliver(NOON, OPS)
    mute(scene, at=NOON + MINUTE)
    scene.happens(blind(0.0), NOON + 2 * MINUTE, OPS)
    assert scene.deliver(NOON + 3 * MINUTE, OPS) == 0
    scene.deliver(NOON + MINUTE + HOUR, OPS)
    assert scene.recorder.received == ["raised KX-01", "cleared KX-01"]


def test_what_was_pending_when_the_mute_began_waits_too(scene: Scene) -> None:
    scene.happens(blind(0.9), NOON, OPS)
    mute(scene)
    assert scene.deliver(NOON + MINUTE, OPS) == 0
    assert scene.deliver(NOON + HOUR, OPS) == 1


def test_a_mute_that_is_ended_by_hand_sends_what_is_still_open(scene: Scene) -> None:
    first = mute(scene)
    scene.happens(blind(0.9), NOON + MINUTE, OPS)
    ended = end(scene, first.id, NOON + 10 * MINUTE)
    assert (ended.ended_at, ended.ended_by) == (NOON + 10 * MINUTE, "bob")
    assert scene.deliver(NOON + 10 * MINUTE, OPS) == 1
    with pytest.raises(MuteEnded, match="ended at 2026-11-20T12:10"):
        end(scene, first.id, NOON + 11 * MINUTE)


def test_another_mute_that_matches_goes_on(scene: Scene) -> None:
    first = mute(scene, length=2 * HOUR)
    mute(scene, MuteFilter(kind="camera."), length=HOUR)
    scene.happens(blind(0.9), NOON + MINUTE, OPS)
    end(scene, first.id, NOON + 10 * MINUTE)
    assert scene.deliver(NOON + 11 * MINUTE, OPS) == 0
    assert scene.deliver(NOON + HOUR, OPS) == 1


@pytest.mark.parametrize(
    ("muted", "is_sent"),
    [
        (MuteFilter(location="LB-01"), True),
        (MuteFilter(kind="crowd."), True),
        (MuteFilter(device="kx-01-cam-2"), True),
        (MuteFilter(kind="camera.", location="KX-01", device="kx-01-cam-1"), False),
    ],
)
def test_a_mute_concerns_what_it_names(scene: Scene, muted: MuteFilter, is_sent: bool) -> None:
    mute(scene, muted)
    scene.happens(blind(0.9), NOON, OPS)
    assert scene.deliver(NOON + 5 * MINUTE, OPS) == int(is_sent)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewMute(MuteFilter(), NOON + HOUR, "why"), "hides every fault"),
        (NewMute(KX, NOON, "why"), "within the next 30 days"),
        (NewMute(KX, NOON + LONGEST_MUTE + MINUTE, "why"), "within the next 30 days"),
        (NewMute(KX, NOON + HOUR, " "), "needs a reason"),
        (NewMute(KX, NOON + HOUR, "a\nb"), "needs a reason"),
    ],
)
def test_a_mute_has_a_subject_an_end_and_a_reason(scene: Scene, new: NewMute, reason: str) -> None:
    with pytest.raises(AlertActionError, match=reason), writing(scene.engine) as connection:
        create_mute(connection, new, actor="ann", now=NOON)


def test_both_actions_are_in_the_audit_log(scene: Scene) -> None:
    end(scene, mute(scene).id, NOON + MINUTE)
    with reading(scene.engine) as connection:
        audit.verify_chain(connection)
        entries = connection.execute(select(audit.audit_log)).all()
    assert [(one.actor, one.action, one.object) for one in entries] == [
        ("ann", "alert.mute", "1"),
        ("bob", "alert.unmute", "1"),
    ]
    assert "escalator works" in entries[0].details


def test_a_mute_that_does_not_exist_cannot_be_ended(scene: Scene) -> None:
    with pytest.raises(UnknownMute, match="no mute 7"):
        end(scene, 7, NOON)


def test_a_mute_that_was_changed_in_the_table_is_found(scene: Scene) -> None:
    end(scene, mute(scene).id, NOON + MINUTE)
    mute(scene)
    with writing(scene.engine) as connection:
        assert compare_with_log(connection, NOON, [MuteComparison()]) == []
        second = alert_mutes.c.id == 2
        connection.execute(alert_mutes.update().where(second).values(until_at=NOON + 9 * HOUR))
        (found,) = compare_with_log(connection, NOON, [MuteComparison()])
    assert found.startswith("alert_mutes: mute 2: until_at is 2026-11-20 21:00")
