"""A report is issued once when it is due, to users who may still see the view."""

import logging
from datetime import timedelta

import pytest

from cloud.analytics.report_schedules import ReportInterval, ReportTiming, set_schedule
from cloud.analytics.saved_views import (
    AnalyticsPage,
    ViewContent,
    change_view,
    insert_view,
)
from cloud.auth.users.user import User
from cloud.auth.users.user_store import disable_user
from cloud.database import writing
from cloud.notifications.kinds import NoticeChannel, NoticeMode, NoticeTopic
from cloud.notifications.reports import issuer
from cloud.notifications.reports.issuer import ReportIssuer
from cloud.notifications.reports.sent_reports import RETENTION, delete_old_reports
from cloud.sites.reload import SitesFile
from tests.cloud.analytics.counted_hours import CountedHour, store_hours
from tests.cloud.notifications.notice_world import HOUR, NOON, NoticeWorld, by
from tests.cloud.rates import SITES_FILE

REPORT = NoticeTopic.SCHEDULED_REPORT
FRIDAY_ONE = ReportTiming(ReportInterval.WEEKLY, 5, 13)
DUE = NOON + HOUR
MORNINGS = ViewContent("Mornings", AnalyticsPage.MAP, "hour_from=8&hour_until=9", shared=True)


def schedule(world: NoticeWorld, user: User, content: ViewContent = MORNINGS):
    with writing(world.engine) as connection:
        view = insert_view(connection, content, user.id, user.account, NOON)
        set_schedule(connection, view.id, user.id, FRIDAY_ONE, NOON)
    return view


def issuer_of(world: NoticeWorld) -> ReportIssuer:
    return ReportIssuer(world.engine, SitesFile(SITES_FILE))


def test_a_report_is_sent_once_with_its_figures_of_that_time(world_of_each: NoticeWorld) -> None:
    world = world_of_each
    with writing(world.engine) as connection:
        store_hours(connection, [CountedHour(ago, 8, viewers=20 + ago) for ago in range(1, 5)])
    schedule(world, world.sam)
    assert issuer_of(world).issue(NOON + timedelta(minutes=59)) == 0
    assert issuer_of(world).issue(DUE) == 1
    assert issuer_of(world).issue(DUE + HOUR) == 0  # as after a restart
    (sent,) = world.deliver(DUE)
    assert (sent.user, sent.message.subject) == (world.sam.id, "Mornings: weekly report")
    assert sent.message.scope == "scheduled_report"
    report = sent.message.items[0].report
    assert report is not None
    assert report.rows[0][1:] == ("22.5 %", "15.9 to 29.1", "14 %", "400")
    assert [row[1] for row in report.rows[1:]] == ["not observed"] * 7
    assert world.deliver(DUE + HOUR) == []
    assert issuer_of(world).issue(DUE + timedelta(days=7)) == 1
    with writing(world.engine) as connection:
        assert delete_old_reports(connection, DUE + RETENTION) == 1


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_report_is_sent_once_for_a_day_after_a_change_of_the_zone(
    world: NoticeWorld, zone: str
) -> None:
    world.choose(world.sam, time_zone="UTC")
    schedule(world, world.sam)
    assert issuer_of(world).issue(DUE) == 1
    world.choose(world.sam, time_zone=zone)
    assert [issuer_of(world).issue(DUE + hours * HOUR) for hours in (0, 5, 6, 24)] == [0] * 4
    assert issuer_of(world).issue(DUE + timedelta(days=7, hours=6)) == 1


def test_of_two_processes_one_issues_a_report(
    world: NoticeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(world, world.sam)
    compute = issuer.compute_report

    def compute_late(*of):
        monkeypatch.setattr(issuer, "compute_report", compute)
        assert issuer_of(world).issue(DUE) == 1
        return compute(*of)

    monkeypatch.setattr(issuer, "compute_report", compute_late)
    assert issuer_of(world).issue(DUE) == 0
    assert len(world.deliver(DUE)) == 1


@pytest.mark.parametrize("why", ["disabled", "not shared", "turned off", "late"])
def test_who_may_not_or_will_not_receive_it_does_not(world: NoticeWorld, why: str) -> None:
    view = schedule(world, world.ann)
    with writing(world.engine) as connection:
        set_schedule(connection, view.id, world.bob.id, FRIDAY_ONE, NOON)
        if why == "disabled":
            disable_user(connection, world.bob.id, by="a test", now=NOON)
        elif why == "not shared":
            content = ViewContent(view.name, view.page, view.query)
            change_view(connection, view, content, world.ann.id, NOON)
    if why == "turned off":
        world.choose(world.bob, by(NoticeChannel.EMAIL, REPORT, mode=NoticeMode.OFF))
    issuer_of(world).issue(DUE + timedelta(days=3) if why == "late" else DUE)
    assert world.bob.id not in {one.user for one in world.deliver(DUE)}


def test_a_report_that_cannot_be_computed_stops_no_other(
    world: NoticeWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, compute = schedule(world, world.sam), issuer.compute_report
    schedule(world, world.ann)

    def fail_first(connection, sites, view, *of):
        if view.id == first.id:
            raise RuntimeError("a fault")
        return compute(connection, sites, view, *of)

    monkeypatch.setattr(issuer, "compute_report", fail_first)
    with caplog.at_level(logging.ERROR):
        assert issuer_of(world).issue(DUE) == 1
    assert "reports.not_computed" in caplog.text
