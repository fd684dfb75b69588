"""Rules are evaluated as often as is due, and one that fails stops no other."""

from pathlib import Path

import pytest

from cloud.notifications.finder import EventFinder
from cloud.sites.reload import SitesFile
from tests.cloud.notifications.notice_world import HOUR, MINUTE, NOON, NoticeWorld, notice_event
from tests.cloud.rates import SITES_FILE


def test_slow_rules_are_evaluated_once_an_hour_and_a_fault_stops_no_other(
    world: NoticeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def frequent(*_: object) -> list:
        calls.append("frequent")
        return [notice_event()]

    def hourly(*_: object) -> list:
        calls.append("hourly")
        return [notice_event(key="2")]

    def faulty(*_: object) -> list:
        raise KeyError("a brief")

    sites = SitesFile(Path(SITES_FILE))
    finder = EventFinder(world.engine, sites, (faulty, frequent), (hourly,))
    assert [finder.find(NOON + wait) for wait in (0 * MINUTE, MINUTE, HOUR)] == [2, 0, 0]
    assert calls == ["frequent", "hourly", "frequent", "frequent", "hourly"]
    assert caplog.text.count("notices.rule_failed") == 3
