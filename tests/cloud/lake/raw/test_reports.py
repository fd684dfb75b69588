"""Landed reports become typed rows; what cannot be read is quarantined and stops nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cloud.database import reading, reports, writing
from cloud.ingest import report_store
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.lifecycle import delete_expired, drop_days, retire
from cloud.lake.manifest import LakeConflictError, read_added_files
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.audience import RAW_CREATIVES, RAW_DEMOGRAPHICS, RAW_REPORTS, RAW_SENSORS
from cloud.lake.raw.promotion import Promotion
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.skipped import read_skipped, remove_skipped
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW
from wire.audience import (
    AgeGroup,
    BandSum,
    BlindCause,
    CreativeSum,
    DemographicCell,
    Gender,
    SensorSum,
)

pytestmark = SQLITE_ONLY
CREATIVE = CreativeSum(
    plays=1, observed_ms=9_000, person_ms=8_000, facing_ms=5_000, looking_ms=3_000, unsure_ms=1_000
)


def land(lake: Lake, *received) -> None:
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, list(received), NINE)
    list(land_reports(lake, now=NOW))


def test_every_figure_of_a_report_is_in_its_columns(lake: Lake, report: Reports):
    cell = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=1, onlookers=1)
    lux = SensorSum(samples=2, total_milli=3_000, least_milli=1_000, most_milli=2_000)
    land(
        lake,
        report(
            7, 9,
            blind_ms={BlindCause.DARK: 500},
            demographics=(cell,),
            sensors={"lux": lux},
            creatives={"spring": CREATIVE},
            bands=BandSum(high_ms=5_000, medium_ms=2_000, low_ms=1_000),
        ),
    )  # fmt: skip
    (result,) = promote_reports(lake, now=NOW)
    assert (result.promoted, result.quarantined) == (1, 0)
    (row,) = read_table(lake, RAW_REPORTS).to_pylist()
    expected = {
        "location": "KX-01", "device": "kx-01-cam-1", "stream_id": "00000000000000a1",
        "first_sequence": 7, "last_sequence": 9, "starts_at": NINE, "received_at": NINE,
        "ends_at": datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC), "day": NINE.date(),
        "observed_ms": 9_000, "person_ms": 8_000, "facing_ms": 5_000, "looking_ms": 3_000,
        "unsure_ms": 1_000, "entries": 2, "visits": 2, "onlookers": 1, "peak": 2,
        "dwell_ms": 8_000, "dwell_03": 2, "dwell_04": 0, "attention_03": 2,
        "blind_dark_ms": 500, "frames_captured": 100, "frames_dropped": 1, "frames_analysed": 20,
        "band_high_ms": 5_000, "band_medium_ms": 2_000, "band_low_ms": 1_000,
        "attention_basis": "angles", "agent_version": "0.1.0", "detector_version": "d1",
        "attention_version": "a1", "config_digest": "c1",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert sum(value for name, value in row.items() if name.startswith("blind_")) == 500
    (demographic,) = read_table(lake, RAW_DEMOGRAPHICS).to_pylist()
    assert (demographic["age"], demographic["gender"], demographic["visits"]) == (
        "25-34", "female", 1,
    )  # fmt: skip
    (creative,) = read_table(lake, RAW_CREATIVES).to_pylist()
    assert (creative["creative"], creative["plays"], creative["looking_ms"]) == ("spring", 1, 3_000)
    (sensor,) = read_table(lake, RAW_SENSORS).to_pylist()
    assert (sensor["sensor"], sensor["total_milli"]) == ("lux", 3_000)


@pytest.mark.parametrize("name", ["-", "unknown"])
def test_the_unknown_creative_has_one_name_in_reports_of_all_agents(
    lake: Lake, report: Reports, name: str
):
    land(lake, report(1, creatives={name: CREATIVE}))
    list(promote_reports(lake, now=NOW))
    (row,) = read_table(lake, RAW_CREATIVES).to_pylist()
    assert (row["creative"], row["looking_ms"]) == ("unknown", 3_000)


def test_a_figure_that_a_report_lacks_is_null_and_not_zero(lake: Lake, report: Reports):
    land(lake, report(1))
    list(promote_reports(lake, now=NOW))
    (row,) = read_table(lake, RAW_REPORTS).to_pylist()
    assert (row["band_high_ms"], row["band_medium_ms"], row["band_low_ms"]) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "rule", "reason"),
    [
        ("{", "readable", "truncated"),
        ('{"visits": "many"}', "readable", "Expected `int`, got `str`"),
        ("[" * 100_000, "readable", ""),
        ("\x00", "readable", "malformed"),
    ],
)
def test_a_row_that_cannot_be_read_is_quarantined_alone(
    lake: Lake, report: Reports, body: str, rule: str, reason: str
):
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(1), report(2), report(3)], NINE)
        connection.execute(update(reports).where(reports.c.first_sequence == 2).values(body=body))
    list(land_reports(lake, now=NOW))
    (result,) = promote_reports(lake, now=NOW)
    assert (result.promoted, result.quarantined) == (2, 1)
    (row,) = read_table(lake, QUARANTINE).to_pylist()
    assert (row["table_name"], row["rule"], row["day"]) == (
        "raw.audience_reports", rule, NINE.date(),
    )  # fmt: skip
    assert reason in row["reason"]
    assert row["content"] == body[:65_536]
    assert read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist() == [1, 3]


def test_a_report_under_another_identity_is_quarantined(lake: Lake, report: Reports):
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(1)], NINE)
        connection.execute(update(reports).values(device="another"))
    list(land_reports(lake, now=NOW))
    (result,) = promote_reports(lake, now=NOW)
    assert result.quarantined == 1
    (row,) = read_table(lake, QUARANTINE).to_pylist()
    assert "found ('kx-01-cam-1'" in row["reason"]


def test_each_landed_snapshot_is_promoted_once(lake: Lake, report: Reports):
    land(lake, report(1))
    assert [one.snapshot for one in promote_reports(lake, now=NOW)] == [1]
    land(lake, report(2))
    land(lake, report(3))
    list(compact(lake, LANDED_REPORTS, now=NOW, min_files=2))
    results = list(promote_reports(lake, now=NOW))
    assert [(one.snapshot, one.promoted) for one in results] == [(2, 1), (3, 1), (4, 0)]
    assert list(promote_reports(lake, now=NOW)) == []
    assert read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist() == [1, 2, 3]


def test_two_programs_at_once_promote_each_report_once(lake: Lake, report: Reports):
    for number in range(1, 4):
        land(lake, report(number))
    first, second = (promote_reports(lake, now=NOW) for _ in range(2))
    next(first)
    next(second)
    with pytest.raises(LakeConflictError, match="another program has taken over rows"):
        next(first)
    list(second)
    assert sorted(read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist()) == [1, 2, 3]


def damage(lake: Lake, number: int, how: str) -> tuple[Path, bytes]:
    """Damage the file of a landed snapshot; returns its path and its content before."""
    with reading(lake.engine) as connection:
        (file,) = read_added_files(connection, LANDED_REPORTS.full_name, number)
    path = Path(lake.storage.locate(file.path))
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if how == "truncated" else content[:-1] + b"x")
    return path, content


@pytest.mark.parametrize("how", ["missing", "truncated", "changed"])
def test_a_damaged_landed_file_is_skipped_and_promoted_when_it_is_restored(
    lake: Lake, report: Reports, how: str
):
    for number in (1, 2, 3):
        land(lake, report(number))
    path, content = damage(lake, 2, how)
    found = [(one.promoted, one.skipped) for one in promote_reports(lake, now=NOW)]
    assert found == [(1, 0), (0, 1), (1, 0)]
    assert read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist() == [1, 3]
    with reading(lake.engine) as connection:
        (skipped,) = read_skipped(connection, RAW_REPORTS.full_name)
    assert (skipped.snapshot, skipped.file.rows, path.name in skipped.reason) == (2, 1, True)
    assert list(promote_reports(lake, now=NOW)) == []
    path.write_bytes(content)
    assert list(promote_reports(lake, now=NOW)) == [Promotion(2, 1, 0)]
    assert list(promote_reports(lake, now=NOW)) == []
    assert sorted(read_table(lake, RAW_REPORTS).column("first_sequence").to_pylist()) == [1, 2, 3]


def test_two_programs_at_once_promote_a_restored_file_once(lake: Lake, report: Reports):
    land(lake, report(1))
    path, content = damage(lake, 1, "changed")
    list(promote_reports(lake, now=NOW))
    path.write_bytes(content)
    with reading(lake.engine) as connection:
        (skipped,) = read_skipped(connection)
    list(promote_reports(lake, now=NOW))
    with (
        pytest.raises(LakeConflictError, match="another program has promoted or dropped"),
        writing(lake.engine) as connection,
    ):
        remove_skipped(connection, skipped)


def test_a_skipped_file_is_not_deleted_before_it_is_promoted(lake: Lake, report: Reports):
    land(lake, report(1))
    damage(lake, 1, "changed")
    list(promote_reports(lake, now=NOW))
    drop_days(lake, LANDED_REPORTS, before=NOW.date() + timedelta(days=1), now=NOW)
    retire(lake, now=NOW + timedelta(hours=2))
    assert delete_expired(lake, now=NOW + timedelta(days=99)) == 0
