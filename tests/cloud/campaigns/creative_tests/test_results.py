"""The result counts whole measured hours of the test's screens, by the assigned creative."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Connection

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.creative_tests.assignment import assign_creative
from cloud.campaigns.creative_tests.results import read_result
from cloud.campaigns.creative_tests.sequential_test import ArmDecision
from cloud.campaigns.creative_tests.store import CreativeTest
from cloud.sites.sites import Sites
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SEVEN_S,
    SITES,
    line,
    report,
    store_lines,
    store_reports,
)

TEST = CreativeTest(
    id="t", account="acme", name="Headline", creatives=("a", "b"), locations=("KX-01",),
    assignment_key="ab" * 32, alpha=0.05, starts_at=SEVEN, ends_at=SEVEN + timedelta(hours=8),
    stopped_at=None, created_at=SEVEN, created_by="ann",
)  # fmt: skip


def test_a_renamed_screen_keeps_its_assignment(connection: Connection) -> None:
    site = msgspec.structs.replace(SITES.location("KX-01"), id="KX-77", formerly=("KX-01",))
    shown = [
        assign_creative(TEST.assignment_key, HourKey("KX-01", SEVEN_S + 3_600 * hour), ("a", "b"))
        for hour in range(8)
    ]
    reports = [report(hour, hour, location="KX-77", **{shown[hour]: 6}) for hour in range(8)]
    store_reports(connection, *reports)
    store_lines(connection, line(8, creatives=("a", "b")))
    sites = Sites((site,))
    found = read_result(connection, sites, TEST, SEVEN + timedelta(hours=8))
    assert found.as_assigned_share == 1.0
    assert TEST.find_location(sites, "KX-77") == "KX-01"
    assert TEST.find_location(sites, "LB-01") is None


def test_hours_count_for_the_assigned_creative_also_when_another_was_shown(
    connection: Connection,
) -> None:
    shown = [
        assign_creative(TEST.assignment_key, HourKey("KX-01", SEVEN_S + 3_600 * hour), ("a", "b"))
        for hour in range(8)
    ]
    reports = [report(hour, hour, **{shown[hour]: 6, "z": 3}) for hour in range(1, 8)]
    other = "b" if shown[0] == "a" else "a"
    store_reports(connection, report(0, 0, **{other: 6}), *reports)
    store_lines(connection, line(8, creatives=("a", "b")))
    found = read_result(connection, SITES, TEST, SEVEN + timedelta(hours=7, minutes=30))
    assert {arm.creative: arm.sums.clusters for arm in found.arms} == {
        name: shown[:7].count(name) for name in ("a", "b")
    }
    assert found.as_assigned_share == 36 / 42
    for arm in found.arms:
        if arm.sums.clusters:  # ten seconds of half a person looking, for 2.5 people
            assert arm.sums.ratio == pytest.approx(2.0)
    assert found.arms[1].comparison is not None
    assert found.arms[1].comparison.decision is ArmDecision.TOO_EARLY


def test_nothing_is_known_before_the_first_hour_has_ended(connection: Connection) -> None:
    found = read_result(connection, SITES, TEST, SEVEN + timedelta(minutes=5))
    assert found.as_assigned_share is None
    assert [arm.sums.clusters for arm in found.arms] == [0, 0]


def test_what_other_accounts_have_booked_is_not_in_a_result(connection: Connection) -> None:
    store_reports(connection, *(report(hour, hour, a=6, b=6) for hour in range(8)))
    theirs = {"account": "bolt", "order_id": "SO-2", "line_id": "SO-2-1"}
    store_lines(connection, line(8, creatives=("a", "b"), **theirs))
    store_lines(connection, line(2, creatives=("a",)))
    found = read_result(connection, SITES, TEST, SEVEN + timedelta(hours=8))
    assert sum(arm.plays for arm in found.arms) == 2 * 6
