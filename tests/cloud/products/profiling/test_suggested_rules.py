"""Suggested rules are blocks of a contract; few rows suggest none."""

import yaml

from cloud.lake.lake import Lake
from cloud.products.profiling.suggested_rules import suggest_rules
from cloud.products.profiling.table_profile import profile_table
from tests.cloud.products.profiling.conftest import TABLE


def test_suggested_rules_are_blocks_of_a_contract_that_the_rows_meet(filled: Lake):
    profile = profile_table(filled, TABLE, hidden={"student"})
    rules = {one.name: one for one in suggest_rules(profile)}
    assert rules["course_known"].condition == "course IN ('B', 'H', 'M')"
    assert rules["minutes_late_plausible"].condition.startswith(
        "minutes_late IS NULL OR minutes_late BETWEEN 0 AND "
    )
    assert "student_present" in rules
    assert not any(name.startswith(("upload", "received")) for name in rules)
    lines = [line for one in rules.values() for line in one.lines()]
    written = yaml.safe_load("quality:\n" + "\n".join(lines))["quality"]
    assert [one["name"] for one in written] == list(rules)
    assert {one["mustBe"] for one in written} == {0}


def test_an_empty_table_has_a_profile_and_no_rules(lake: Lake):
    profile = profile_table(lake, TABLE)
    assert (profile.rows, list(suggest_rules(profile))) == (0, [])
