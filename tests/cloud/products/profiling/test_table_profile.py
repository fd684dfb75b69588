"""Nulls, values, histograms and outliers of known values are counted."""

from cloud.lake.lake import Lake
from cloud.products.profiling.table_profile import profile_table
from tests.cloud.products.profiling.conftest import ROWS, TABLE


def test_nulls_values_histogram_and_outliers_are_counted(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    columns = {one.name: one for one in profile.columns}
    assert profile.rows == ROWS
    assert columns["course"].bins == [("M", 50), ("B", 25), ("H", 25)]
    minutes = columns["minutes_late"]
    assert (minutes.nulls, minutes.distinct, minutes.least, minutes.most) == (10, 51, 0, 500)
    assert minutes.bins[0] == (0, 89)
    assert minutes.bins[-1][1] == 1
    assert sum(rows for _, rows in minutes.bins) == ROWS - 10
    assert minutes.outliers is not None
    assert minutes.outliers.count == 1
