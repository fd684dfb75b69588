"""The facts of a small lake are those of its rows."""

from datetime import timedelta

from cloud.lake.catalogue.facts import is_late, read_facts
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.registry import find_table
from tests.cloud.lake.catalogue.small_lake import (
    HOSTILE,
    PROMOTED,
    TODAY,
    YESTERDAY,
    open_small_lake,
    small_facts,
)


def column(table_name: str, name: str):
    facts = small_facts()[table_name]
    assert facts.profile is not None
    return facts.profile.columns[facts.table.schema.names.index(name)]


def test_rows_are_counted_by_day():
    facts = small_facts()["trusted.audience_reports"]
    assert [(one.day, one.rows) for one in facts.days] == [(YESTERDAY, 1), (TODAY, 3)]
    assert facts.rows == 4
    assert facts.size_bytes == sum(one.size_bytes for one in facts.days) > 0


def test_the_profile_is_of_the_newest_day():
    entries = column("trusted.audience_reports", "entries")
    assert (entries.nulls, entries.distinct) == (0, 3)
    assert (entries.least, entries.greatest) == ("0", "11")
    counts = [bucket.rows for bucket in entries.buckets]
    assert counts == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert entries.buckets[4].label == "4"


def test_a_text_of_few_values_has_a_bar_for_each():
    version = column("trusted.audience_reports", "agent_version")
    assert version.distinct == 2
    assert [bucket.rows for bucket in version.buckets] == [2, 1]
    assert version.buckets[1].label == HOSTILE


def test_times_are_profiled():
    starts = column("trusted.audience_reports", "starts_at")
    assert starts.least == starts.greatest == f"{TODAY} 09:00:00"
    assert [bucket.rows for bucket in starts.buckets] == [3]


def test_the_rules_of_the_newest_day_pass_and_fail():
    facts = small_facts()["trusted.audience_reports"]
    found = {one.rule: (one.rows_checked, one.rows_failed) for one in facts.results}
    assert facts.results_on == TODAY
    assert found["location_format"] == (4, 1)
    assert found["dwell_plausible"] == (4, 0)


def test_quarantined_rows_are_counted_by_rule_with_a_reason():
    (count,) = small_facts()["trusted.audience_reports"].quarantine
    assert (count.rule, count.rows, count.first_on, count.last_on) == (
        "location_format", 1, TODAY, TODAY,
    )  # fmt: skip
    assert HOSTILE in count.sample


def test_a_table_is_late_when_its_newest_commit_is_older_than_promised():
    facts = small_facts()["trusted.audience_reports"]
    assert facts.contract is not None
    assert not is_late(facts, PROMOTED + facts.contract.freshness)
    assert is_late(facts, PROMOTED + facts.contract.freshness + timedelta(seconds=1))
    assert not is_late(small_facts()["raw.audience_sensors"], PROMOTED + timedelta(days=99))


def test_raw_and_common_tables_have_the_retention_of_the_contracts():
    longest = timedelta(days=455)
    for name in ("raw.audience_sensors", "trusted.rule_results", LANDED_REPORTS.full_name):
        retention = small_facts()[name].retention
        assert retention is not None
        assert retention.retention == longest
    assert small_facts()["curated.audience_metrics"].retention is None


def test_a_damaged_file_costs_the_profile_of_its_table_only():
    names = ("raw.audience_sensors", "raw.quarantine", "trusted.audience_sensors")
    with open_small_lake() as lake:
        for name in names[:2]:
            for file in lake.storage.list_files(name.replace(".", "/")):
                with lake.storage.filesystem.open_output_stream(lake.storage.locate(file)) as out:
                    out.write(b"PAR1")
        sensors, quarantine, trusted = read_facts(lake, [find_table(name) for name in names])
        root = lake.storage.root
    assert sensors.profile is None
    assert sensors.problem
    assert root not in sensors.problem
    assert quarantine.problem
    assert trusted.profile is not None
    assert sensors.rows == 5
