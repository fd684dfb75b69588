"""Nulls, values, histograms and outliers of known values are counted."""

from cloud.lake.lake import Lake
from cloud.products.profiling.table_profile import profile_table
from tests.cloud.products.profiling.conftest import ROWS, TABLE


def test_nulls_values_histogram_and_outliers_are_counted(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    columns = {one.name: one for one in profile.columns}
    assert profile.rows == ROWS
    courses = [(one.label, one.rows) for one in columns["course"].figures.buckets]
    assert courses == [("M", 50), ("B", 25), ("H", 25)]
    minutes = columns["minutes_late"].figures
    assert (minutes.nulls, minutes.distinct, minutes.least, minutes.greatest) == (
        10,
        51,
        "0",
        "500",
    )
    assert (minutes.buckets[0].label, minutes.buckets[-1].rows) == ("0 to 41", 1)
    assert sum(one.rows for one in minutes.buckets) == ROWS - 10
    assert columns["minutes_late"].smallest == 0
    usual = columns["minutes_late"].usual
    assert usual is not None
    assert (usual.outliers, usual.most > 49) == (1, True)
