"""Marts follow the trusted rows by whole days; the same rows give the same files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from sqlalchemy import Engine

from cloud.booking.order_line import OrderLine
from cloud.database import reading
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.manifest import LakeConflictError, read_files
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from cloud.lake.tables import LakeTable
from cloud.lake.verification import verify
from cloud.lake.writer import append
from cloud.marts.build import (
    DAILY_MARTS,
    TRUSTED_ORDER_HOURS,
    TRUSTED_REPORTS,
    build_changed_days,
    build_days,
)
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import MartInputs, MartValueError
from cloud.sites.site_model import SiteCamera
from cloud.sites.sites import Sites
from tests.cloud.booking.order_lines import order_line
from tests.cloud.conftest import Reports
from tests.cloud.databases import new_engine
from tests.cloud.marts.audience_rows import (
    CAMERAS,
    DAYS,
    FIRST,
    NOW,
    UNLISTED,
    reports,
    sites,
    to_tables,
    trust,
)
from tests.cloud.marts.order_rows import order_hours
from tests.report_builder import build_report
from wire.audience import AgeGroup, AudienceReport, DemographicCell, FrameCounts, Gender
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

CAMERA = CAMERAS[0].address
NINE = datetime(2026, 10, 19, 9, tzinfo=UTC)


def build(lake: Lake, now: datetime = NOW, in_force: Sites | None = None) -> list[date]:
    listed = in_force or sites()
    return [built.day for built in build_changed_days(lake, DuckDbEngine(), listed, now=now)]


def change_site(location: str, **fields: Any) -> Sites:
    """The sites with one of them changed."""
    return Sites(
        tuple(
            msgspec.structs.replace(site, **fields) if site.id == location else site
            for site in sites()
        )
    )


def one(report: Reports, number: int = 1, **fields: Any) -> AudienceReport:
    return report(
        number, **{"location": CAMERA.location, "device": CAMERA.device, "starts_at": NINE} | fields
    )


def row_at(lake: Lake, hour: int, location: str = CAMERA.location) -> dict[str, Any]:
    rows = read_table(lake, AUDIENCE_METRICS).to_pylist()
    (row,) = [row for row in rows if (row["location"], row["hour"]) == (location, hour)]
    return row


def checksums(lake: Lake, mart: LakeTable) -> list[str]:
    with reading(lake.engine) as connection:
        return [file.sha256 for file in read_files(connection, mart.full_name)]


@pytest.fixture(scope="module")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Two cameras at nine, none at eight, one that measured nothing at ten; a second location."""
    folder = tmp_path_factory.mktemp("one-day")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    sums = {"observed_ms": 9_000, "person_ms": 8_000, "facing_ms": 5_000, "looking_ms": 3_000,
            "frames": FrameCounts(captured=100, dropped=1, analysed=20)}  # fmt: skip
    ten = {"starts_at": NINE + timedelta(hours=1)}
    trust(
        lake,
        observed(1, 3, **sums),
        observed(2, 4, **sums, device=DeviceId("cam-2")),
        observed(3, 0, **ten),
        observed(4, 2, **sums, location=UNLISTED),
    )
    build(lake)
    yield lake
    engine.dispose()


def observed(number: int, visits: int, **fields: Any) -> AudienceReport:
    """Ten seconds with visits of four seconds each."""
    starts_at = fields.get("starts_at", NINE)
    return build_report(
        **{
            "location": CAMERA.location, "device": CAMERA.device,
            "journal": JournalId("00000000000000a1"),
            "sequence": SequenceRange(first=number, last=number),
            "starts_at": starts_at, "ends_at": starts_at + timedelta(seconds=10),
            "entries": visits, "visits": visits, "onlookers": visits // 2, "peak": visits,
            "dwell_ms": 4_000 * visits,
            "dwell_histogram": (0, 0, 0, visits) + (0,) * 11,
            "attention_histogram": (visits,) + (0,) * 12,
        }
        | fields
    )  # fmt: skip


def test_an_hour_has_its_sums_rates_and_local_time(one_day: Lake) -> None:
    row = row_at(one_day, 9)
    expected = {
        "day": FIRST, "weekday": 1, "local_date": FIRST, "local_hour": 10, "local_weekday": 1,
        "cameras": 2, "reports": 2, "observed_ms": 18_000, "expected_ms": 3_600_000,
        "visits": 7, "onlookers": 3, "peak": 4, "dwell_ms": 28_000, "dwell_03": 7, "dwell_04": 0,
        "observed_share_milli": 5, "attention_rate_milli": 428, "looking_share_milli": 375,
        "crowd_milli": 888, "dwell_mean_ms": 4_000, "banded_reports": None, "band_low_ms": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_an_expected_hour_without_a_report_is_unknown_and_not_zero(one_day: Lake) -> None:
    row = row_at(one_day, 8)
    assert (row["reports"], row["observed_ms"], row["expected_ms"]) == (0, 0, 3_600_000)
    assert (row["visits"], row["peak"], row["crowd_milli"], row["dwell_00"]) == (None,) * 4
    assert row["observed_share_milli"] == 0
    assert len(read_table(one_day, AUDIENCE_METRICS)) == 24 * len(sites()) + 1


def test_figures_of_an_hour_without_observed_time_are_unknown(one_day: Lake) -> None:
    row = row_at(one_day, 10)
    assert (row["reports"], row["observed_ms"]) == (1, 0)
    assert (row["visits"], row["peak"], row["dwell_03"]) == (None,) * 3


def test_a_location_that_is_not_listed_has_no_local_hour_and_no_expected_time(
    one_day: Lake,
) -> None:
    row = row_at(one_day, 9, UNLISTED)
    assert (row["visits"], row["weekday"]) == (2, 1)
    assert (row["local_hour"], row["expected_ms"], row["observed_share_milli"]) == (None,) * 3


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
    trust(lake, *(one for one in reports() if one.starts_at.date() == FIRST))
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


@dataclass
class _Interrupted:
    """An engine that another program overtakes before its first statement ends."""

    lake: Lake
    is_first: bool = True

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        if self.is_first:
            self.is_first = False
            build(self.lake)
        return DuckDbEngine().run(sql, inputs, result)


def test_of_two_programs_at_once_one_is_refused(
    engine: Engine, tmp_path: Path, report: Reports
) -> None:
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    trust(lake, one(report))
    with pytest.raises(LakeConflictError, match="run it again"):
        list(build_changed_days(lake, _Interrupted(lake), sites(), now=NOW))
    assert row_at(lake, 9)["reports"] == 1
    assert build(lake) == []


@dataclass(frozen=True)
class _Simultaneous:
    """An engine whose statements end at the same time as those of another program."""

    barrier: Barrier

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        rows = DuckDbEngine(threads=1).run(sql, inputs, result)
        self.barrier.wait(timeout=30)
        return rows


def test_programs_that_commit_at_the_same_time_give_each_day_once(
    engine: Engine, tmp_path: Path, report: Reports
) -> None:
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    trust(lake, one(report))
    both = _Simultaneous(Barrier(2))

    def run(_: int) -> LakeConflictError | None:
        try:
            list(build_changed_days(lake, both, sites(), now=NOW))
        except LakeConflictError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        errors = [error for error in pool.map(run, range(2)) if error is not None]
    assert len(errors) == 1
    assert [len(checksums(lake, mart)) for mart in DAILY_MARTS] == [0, 1, 0]
    assert row_at(lake, 9)["reports"] == 1
    assert build(lake) == []


def campaign_rows(lake: Lake) -> list[tuple[Any, ...]]:
    rows = read_table(lake, CAMPAIGN_PERFORMANCE).to_pylist()
    return [(row["day"], row["hour"], row["line_version"], row["price_minor"]) for row in rows]


def order(lake: Lake, line: OrderLine, version: int = 1, released: tuple[int, ...] = ()) -> None:
    rows = order_hours(line, changed_at=NOW, version=version, released=released)
    append(lake, TRUSTED_ORDER_HOURS, rows, now=NOW)


def test_an_ordered_day_is_built_when_it_has_begun_and_until_it_has_ended(lake: Lake) -> None:
    order(lake, order_line(2, location=CAMERA.location, starts_at=NINE))
    assert build(lake, NINE - timedelta(days=1)) == []
    assert build(lake, NINE + timedelta(minutes=30)) == [FIRST]
    assert campaign_rows(lake) == [(FIRST, 9, 1, 60)]
    assert build(lake, NINE + timedelta(days=1)) == [FIRST]
    assert campaign_rows(lake) == [(FIRST, 9, 1, 60), (FIRST, 10, 1, 60)]
    assert build(lake, NINE + timedelta(days=1)) == []
    assert row_at(lake, 9)["visits"] is None


def test_a_corrected_order_changes_its_days_and_leaves_the_audience(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    line = order_line(1, location=CAMERA.location, starts_at=NINE)
    order(lake, line)
    build(lake)
    before = checksums(lake, AUDIENCE_METRICS)
    moved = order_line(1, location=CAMERA.location, starts_at=NINE + timedelta(days=1))
    order(lake, moved, version=2, released=line.slots)
    assert build(lake) == DAYS[:2]
    assert campaign_rows(lake) == [(DAYS[1], 9, 2, 60)]
    assert checksums(lake, AUDIENCE_METRICS)[0] == before[0]


def test_a_late_order_of_a_day_whose_reports_are_deleted_leaves_its_rows(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    build(lake)
    drop_days(lake, TRUSTED_REPORTS, before=DAYS[1], now=NOW)
    order(lake, order_line(1, location=CAMERA.location, starts_at=NINE))
    build(lake)
    assert (row_at(lake, 9)["reports"], campaign_rows(lake)) == (1, [])
    assert build(lake) == []


def test_a_day_with_a_damaged_file_is_left_until_it_is_restored(lake: Lake) -> None:
    trust(lake, observed(1, 3), observed(2, 4, starts_at=NINE + timedelta(days=1)))
    with reading(lake.engine) as connection:
        file, _ = read_files(connection, TRUSTED_REPORTS.full_name)
    damaged = Path(lake.storage.locate(file.path))
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1])
    engine = DuckDbEngine()
    first, second = build_changed_days(lake, engine, sites(), now=NOW)
    assert (first.day, first.rows, second.stopped) == (FIRST, {}, None)
    assert first.stopped is not None
    assert "is changed" in first.stopped
    (first,) = build_changed_days(lake, engine, sites(), now=NOW)
    assert first.stopped is not None
    damaged.write_bytes(content)
    assert build(lake) == [FIRST]
    assert build(lake) == []


class _Overflowing:
    """An engine on which the last mart of a day cannot be computed."""

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        if result == DAILY_MARTS[-1]:
            raise MartValueError("a sum does not fit")
        return DuckDbEngine(threads=1).run(sql, inputs, result)


def test_a_day_that_stops_at_its_last_mart_leaves_no_file(lake: Lake, report: Reports) -> None:
    trust(lake, one(report))
    (built,) = build_changed_days(lake, _Overflowing(), sites(), now=NOW)
    assert built.stopped is not None
    assert "a sum does not fit" in built.stopped
    assert [checksums(lake, mart) for mart in DAILY_MARTS] == [[], [], []]
    assert list(verify(lake)) == []
    assert build(lake) == [FIRST]
