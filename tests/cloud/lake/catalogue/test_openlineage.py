"""Promotions and mart builds are events that the OpenLineage schema accepts."""

import functools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from cloud.database import reading
from cloud.lake.catalogue.openlineage import list_run_events
from cloud.lake.compaction import compact
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.writer import append_all
from cloud.marts.build import build_changed_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.sites.sites_file import SAMPLE, load_sites
from tests.cloud.lake.catalogue.openlineage_schema import RUN_EVENT
from tests.cloud.lake.catalogue.small_lake import PROMOTED, open_small_lake
from tests.cloud.lake.trusted.rows import build_rows, to_raw

BUILT = PROMOTED + timedelta(hours=1)


def read_events(lake: Lake) -> list[dict[str, Any]]:
    with reading(lake.engine) as connection:
        return list(list_run_events(connection))


@functools.cache
def small_events() -> list[dict[str, Any]]:
    """Of the small lake and its marts."""
    with open_small_lake() as lake:
        list(build_changed_days(lake, DuckDbEngine(), load_sites(SAMPLE), now=BUILT))
        return read_events(lake)


def completed(job: str) -> dict[str, Any]:
    (event,) = [
        one for one in small_events()
        if (one["job"]["name"], one["eventType"]) == (job, "COMPLETE")
    ]  # fmt: skip
    return event


def test_every_event_meets_the_schema():
    validator = Draft202012Validator(RUN_EVENT, validate_formats=True)
    assert {event["eventType"] for event in small_events()} == {"START", "COMPLETE"}
    for event in small_events():
        validator.validate(event)


@pytest.mark.parametrize(
    ("field", "value"), [("run", {"runId": "7"}), ("eventType", "DONE"), ("job", {"name": "x"})]
)
def test_the_schema_refuses_other_events(field, value):
    validator = Draft202012Validator(RUN_EVENT, validate_formats=True)
    assert not validator.is_valid(small_events()[0] | {field: value})


def test_each_run_starts_and_completes():
    found = [(one["job"]["name"], one["eventType"]) for one in small_events()]
    jobs = (
        "promote_to_raw", "promote_to_trusted", "build_audience_marts",
        "build_campaign_performance",
    )  # fmt: skip
    assert found == [(job, kind) for job in jobs for kind in ("START", "COMPLETE")]
    assert len({one["run"]["runId"] for one in small_events()}) == len(jobs)


def test_a_promotion_names_its_tables_and_counts_its_rows():
    event = completed("promote_to_trusted")
    assert datetime.fromisoformat(event["eventTime"]) == PROMOTED
    assert {one["name"] for one in event["inputs"]} >= {"raw.audience_reports"}
    rows = {
        one["name"]: one["outputFacets"]["outputStatistics"]["rowCount"]
        for one in event["outputs"]
    }  # fmt: skip
    assert rows["trusted.audience_reports"] == 4
    assert rows["raw.quarantine"] == 4


def test_a_mart_has_its_version_size_and_columns():
    event = completed("build_audience_marts")
    assert [one["name"] for one in event["inputs"]] == [
        "trusted.audience_reports", "trusted.audience_demographics",
    ]  # fmt: skip
    (mart,) = [one for one in event["outputs"] if one["name"] == AUDIENCE_METRICS.full_name]
    assert mart["facets"]["version"]["datasetVersion"] == "2"
    assert mart["outputFacets"]["outputStatistics"]["fileCount"] == 2
    assert mart["outputFacets"]["outputStatistics"]["size"] > 0
    fields = mart["facets"]["schema"]["fields"]
    assert [one["name"] for one in fields] == AUDIENCE_METRICS.schema.names


def test_compaction_and_retention_are_no_runs_and_only_the_newest_run_has_columns():
    with open_small_lake() as lake:
        before = read_events(lake)
        parts = [to_raw(*part) for part in build_rows(9).items()]
        append_all(lake, parts, now=BUILT)
        assert list(compact(lake, RAW_REPORTS, now=BUILT + timedelta(hours=1), min_files=2))
        later = BUILT + timedelta(hours=2)
        assert drop_days(lake, RAW_REPORTS, before=date(2027, 1, 1), now=later)
        after = read_events(lake)
    assert len(after) == len(before) + 2
    assert {one["run"]["runId"] for one in before} < {one["run"]["runId"] for one in after}
    raw = [one for one in after
           if (one["job"]["name"], one["eventType"]) == ("promote_to_raw", "COMPLETE")]  # fmt: skip
    assert ["schema" in one["outputs"][0]["facets"] for one in raw] == [False, True]
