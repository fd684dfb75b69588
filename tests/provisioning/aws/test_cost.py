"""The monthly cost on AWS equals calculations by hand."""

import pytest

from provisioning.__main__ import main
from provisioning.aws import cost


def test_the_cost_of_a_hundred_cameras_equals_a_calculation_by_hand():
    #  100 x 43,200 minutes = 4.32 million; a report, a heartbeat and an acknowledgement each
    lines = {line.what: line.usd for line in cost.estimate(100, cost.UsageProfile(), cost.Prices())}
    assert lines["connections"] == pytest.approx(4.32 * 0.08)
    assert lines["messages"] == pytest.approx(3 * 4.32)
    assert lines["rules and their actions"] == pytest.approx(2 * 4.32 * 0.30)


def test_ten_reports_to_a_message_are_three_metered_units_and_basic_ingest_is_none():
    profile = cost.UsageProfile(reports_per_message=10)
    lines = {line.what: line.usd for line in cost.estimate(100, profile, cost.Prices())}
    assert lines["messages"] == pytest.approx(0.432 * 3 + 4.32 + 0.432)
    free = cost.UsageProfile(basic_ingest=True)
    lines = {line.what: line.usd for line in cost.estimate(100, free, cost.Prices())}
    assert lines["messages"] == pytest.approx(4.32)


def test_the_estimate_shows_its_arithmetic(capsys):
    assert main(["aws", "cost"]) == 0
    shown = capsys.readouterr().out
    assert "100 cameras x 43,200 minutes x 0.08/million" in shown
    assert "10,000 cameras, a month of 30 days, US dollars (prices not verified)" in shown
