"""The monthly cost of the lake equals calculations by hand."""

from dataclasses import replace

import pytest

from provisioning.__main__ import main
from provisioning.aws.lake.cost import LakePrices, LakeUsage, estimate

ROUND = LakeUsage(
    landing_bytes=60, raw_bytes=40, trusted_bytes=40, nightly_cpu_us=100, trusted_months=13
)
"""A hundred cameras are then 4.32 million reports, 432 MB a month of landing and raw."""


def usd(usage=ROUND, cameras=100):
    return {line.what: line.usd for line in estimate(cameras, usage, LakePrices())}


def test_received_rows_are_hot_for_three_months_and_archived_for_a_year():
    lines = usd()
    assert lines["landing and raw, hot"] == pytest.approx(0.432 * 3 * 0.023)
    assert lines["landing and raw, archived"] == pytest.approx(0.432 * 365 / 30 * 0.004)


def test_the_copy_of_received_rows_is_transferred_and_kept_as_long():
    kept = 3 * 0.0125 + 365 / 30 * 0.004
    assert usd()["copy of landing and raw"] == pytest.approx(0.432 * (kept + 0.02))


def test_trusted_rows_and_their_copy_are_kept():
    lines = usd()
    month = 4.32e6 * 40 / 1e9
    assert lines["trusted, 13 months"] == pytest.approx(month * (6 * 0.023 + 7 * 0.0125))
    assert lines["copy of trusted"] == pytest.approx(month * (13 * 0.0125 + 0.02))


def test_curated_rows_depend_on_locations_and_not_on_reports():
    usage = replace(ROUND, curated_bytes_a_day=2_000, curated_months=14)
    month, hot = 100 * 30 * 2_000 / 1e9, 365 / 30
    expected = pytest.approx(month * (hot * 0.023 + (14 - hot) * 0.0125))
    assert usd(usage)["curated, 14 months"] == expected
    assert usd(replace(usage, reports_per_minute=5))["curated, 14 months"] == expected


def test_small_fleets_write_one_batch_a_night_and_large_ones_many():
    assert usd()["requests"] == pytest.approx(
        7.2 * 30 * 5 * 0.025 / 1000
    )  # 144,000 reports a night
    assert usd(cameras=1)["requests"] == pytest.approx(1 * 30 * 5 * 0.025 / 1000)


def test_the_nightly_run_is_charged_by_its_processor_time():
    hours = 4.32e6 * 100e-6 / 3600
    assert usd()["nightly run"] == pytest.approx(hours * (0.04048 + 4 * 0.004445))


def test_a_job_on_spark_is_charged_by_the_minute():
    assert "marts on Spark" not in usd()
    night = replace(ROUND, spark_minutes=30)
    hour = 16 * 0.052624 + 64 * 0.0057785
    assert usd(night)["marts on Spark"] == pytest.approx(30 * 0.5 * hour)


def test_a_hundred_times_the_cameras_cost_a_hundred_times_the_storage():
    few, many = usd(), usd(cameras=10_000)
    assert many["landing and raw, hot"] == pytest.approx(100 * few["landing and raw, hot"])
    assert many["keys and monitoring"] == few["keys and monitoring"]


def test_the_estimate_shows_its_arithmetic(capsys):
    assert main(["aws", "cost", "--template", "lake"]) == 0
    shown = capsys.readouterr().out
    assert "10,000 cameras, a month of 30 days, US dollars (prices not verified)" in shown
    assert "432.0 million reports x" in shown
