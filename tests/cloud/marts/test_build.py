"""Marts follow the trusted rows by whole days; the same rows give the same files."""

from datetime import timedelta

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.build import DAILY_MARTS, TRUSTED_REPORTS, build_changed_days, build_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.sites.site_model import SiteCamera
from tests.cloud.conftest import Reports
from tests.cloud.marts.audience_rows import DAYS, FIRST, NOW, reports, sites, to_tables, trust
from tests.cloud.marts.mart_days import CAMERA, NINE, build, change_site, checksums, one, row_at
from wire.audience import AgeGroup, DemographicCell, Gender
from wire.scalars import LocationId


def test_only_changed_days_are_built_and_an_interrupted_run_is_repeated(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report, 1), one(report, 2, starts_at=NINE + timedelta(days=2)))
    run = build_changed_days(lake, DuckDbEngine(), sites(), now=NOW)
    assert next(run).day == DAYS[0]
    run.close()
    assert build(lake) == [DAYS[0], DAYS[2]]
    assert build(lake) == []
    trust(lake, one(report, 3))
    assert build(lake) == [DAYS[0]]
    rows = read_table(lake, AUDIENCE_METRICS).to_pylist()
    assert [(row["day"], row["reports"]) for row in rows if row["reports"]] == [
        (DAYS[0], 2), (DAYS[2], 1),
    ]  # fmt: skip
    assert len(checksums(lake, AUDIENCE_METRICS)) == 2


def test_repeated_runs_give_the_same_bytes(lake: Lake) -> None:
    trust(lake, *reports(FIRST))
    build(lake)
    before = [checksums(lake, mart) for mart in DAILY_MARTS]
    assert [len(sums) for sums in before] == [1, 1, 1]
    list(build_days(lake, DuckDbEngine(threads=1), sites(), [FIRST], now=NOW))
    assert [checksums(lake, mart) for mart in DAILY_MARTS] == before


def test_a_day_that_had_not_ended_is_built_again(lake: Lake, report: Reports) -> None:
    trust(lake, one(report))
    assert build(lake, NINE + timedelta(minutes=30)) == [FIRST]
    assert row_at(lake, 9)["expected_ms"] == 1_800_000
    assert build(lake, NINE + timedelta(days=1)) == [FIRST]
    assert row_at(lake, 9)["expected_ms"] == 3_600_000
    assert build(lake, NINE + timedelta(days=1)) == []


def test_a_day_keeps_its_rows_when_retention_deletes_its_reports(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    build(lake)
    drop_days(lake, TRUSTED_REPORTS, before=DAYS[1], now=NOW)
    assert build(lake) == [FIRST]
    assert row_at(lake, 9)["reports"] == 1


def test_a_day_of_which_no_report_is_trusted_any_more_is_unknown(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    append(lake, RAW_REPORTS, to_tables((one(report),))[0], now=NOW)
    build(lake)
    drop_days(lake, TRUSTED_REPORTS, before=DAYS[1], now=NOW)
    build(lake)
    assert (row_at(lake, 9)["reports"], row_at(lake, 9)["visits"]) == (0, None)


def test_reports_under_a_former_id_count_under_the_present_one(lake: Lake, report: Reports) -> None:
    former = LocationId("OLD-01")
    cell = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=2, onlookers=1)
    trust(
        lake,
        one(report, 1, demographics=(cell,)),
        one(report, 2, location=former, demographics=(cell,)),
    )
    assert build(lake) == [FIRST]
    assert (row_at(lake, 9)["reports"], row_at(lake, 9, former)["reports"]) == (1, 1)
    listed = change_site(CAMERA.location, formerly=(former,))
    assert build(lake, in_force=listed) == [FIRST]
    row = row_at(lake, 9)
    assert (row["reports"], row["cameras"], row["local_hour"]) == (2, 1, 10)
    rows = read_table(lake, AUDIENCE_METRICS).to_pylist()
    assert former not in {row["location"] for row in rows}
    (group,) = read_table(lake, AUDIENCE_DEMOGRAPHICS_HOURLY).to_pylist()
    assert (group["location"], group["visits"], group["hour_visits"]) == (
        CAMERA.location, 4, row["visits"],
    )  # fmt: skip


def test_a_changed_sites_file_builds_the_affected_days_again(lake: Lake, report: Reports) -> None:
    trust(lake, one(report, 1), one(report, 2, starts_at=NINE + timedelta(days=2)))
    assert build(lake) == [DAYS[0], DAYS[2]]
    assert build(lake, in_force=change_site(CAMERA.location, name="Elsewhere")) == []
    moved = SiteCamera(id=CAMERA.device, until_on=DAYS[2])
    listed = change_site(CAMERA.location, listed_cameras=(moved,))
    assert build(lake, in_force=listed) == [DAYS[2]]
    assert build(lake, in_force=listed) == []
    expected = {
        (row["day"], row["expected_ms"])
        for row in read_table(lake, AUDIENCE_METRICS).to_pylist()
        if (row["location"], row["hour"]) == (CAMERA.location, 9)
    }
    assert expected == {(DAYS[0], 3_600_000), (DAYS[2], 0)}
