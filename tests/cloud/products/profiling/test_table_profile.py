"""A table of known values is profiled; its suggested rules are those of a contract."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
import yaml

from cloud.lake.lake import Lake
from cloud.lake.registry import find_table
from cloud.lake.writer import append
from cloud.products.profiling.suggested_rules import suggest_rules
from cloud.products.profiling.table_profile import profile_table
from cloud.products.profiling.text import describe_profile
from tests.cloud.products.conftest import NOW

TABLE = find_table("trusted.attendance_records")
ROWS = 100


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Minutes are 0 to 49 twice, one of them is 500; the last ten are missing."""
    minutes = [n % 50 for n in range(ROWS - 11)] + [500] + [None] * 10
    rows = {
        "student": [f"{n % 25:032x}" for n in range(ROWS)],
        "course": ["M", "B", "H", "M"] * (ROWS // 4),
        "day_on": [NOW.date()] * ROWS,
        "status": ["late"] * ROWS,
        "minutes_late": minutes,
        "upload": ["u"] * ROWS,
        "upload_row": list(range(ROWS)),
        "received_at": [datetime(2026, 11, 20, tzinfo=UTC)] * ROWS,
        "day": [NOW.date()] * ROWS,
    }
    schema = TABLE.schema.append(pa.field("day", pa.date32()))
    append(lake, TABLE, pa.table(rows, schema=schema), now=NOW)
    return lake


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


def test_values_of_pseudonyms_are_not_shown(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    [student] = [one for one in profile.columns if one.name == "student"]
    assert (student.distinct, student.bins, student.least) == (25, (), None)
    assert "0" * 20 not in "\n".join(describe_profile(profile))


def test_suggested_rules_are_blocks_of_a_contract_that_the_rows_meet(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    rules = {one.name: one for one in suggest_rules(profile)}
    assert rules["course_known"].condition == "course IN ('B', 'H', 'M')"
    assert rules["minutes_late_plausible"].condition.startswith(
        "minutes_late IS NULL OR minutes_late BETWEEN 0 AND "
    )
    assert "student_present" in rules
    lines = [line for one in rules.values() for line in one.lines()]
    written = yaml.safe_load("quality:\n" + "\n".join(lines))["quality"]
    assert [one["name"] for one in written] == list(rules)
    assert {one["mustBe"] for one in written} == {0}


def test_an_empty_table_has_a_profile_and_no_rules(lake: Lake):
    profile = profile_table(lake, TABLE)
    assert (profile.rows, list(suggest_rules(profile))) == (0, [])
    assert list(describe_profile(profile))[-1].startswith("no rules are suggested")
