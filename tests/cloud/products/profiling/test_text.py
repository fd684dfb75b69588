"""The text of a profile shows values, except those of pseudonyms."""

from cloud.lake.lake import Lake
from cloud.products.profiling.table_profile import profile_table
from cloud.products.profiling.text import describe_profile
from tests.cloud.products.profiling.conftest import TABLE


def test_values_of_pseudonyms_are_not_shown(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    [student] = [one for one in profile.columns if one.name == "student"]
    figures = student.figures
    assert (figures.distinct, figures.buckets, figures.least) == (25, (), None)
    assert "0" * 20 not in "\n".join(describe_profile(profile))


def test_an_empty_table_has_no_suggested_rules(lake: Lake):
    lines = list(describe_profile(profile_table(lake, TABLE)))
    assert lines[-1].startswith("no rules are suggested")
