"""Attendance by course, weekday and week: known shares, small cells hidden, no names stored."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow.csv as pc
import pytest

from cloud.lake.lake import Lake
from cloud.lake.storage import UPLOADS, open_storage
from cloud.products.definitions.product import find_product
from simulators.products.attendance import (
    ATTENDED,
    COURSES,
    FRIDAY_LOSS,
    AttendanceOptions,
    simulate_attendance,
)
from tests.cloud.databases import new_engine
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import load_file, read_rows, run_product

PRODUCT = find_product("attendance")
OPTIONS = AttendanceOptions(20_000, date(2026, 9, 1), 63, seed=2)
HEADING = "student,course,day_on,status,minutes_late\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("attendance")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    path = folder / "attendance.csv"
    pc.write_csv(simulate_attendance(OPTIONS)["attendance"], path)
    assert load_file(lake, PRODUCT, path, now=NOW).rows_refused == 0
    assert run_product(lake, PRODUCT, now=NOW).failure is None
    yield lake
    engine.dispose()


def test_shares_by_course_are_those_of_the_files_and_few_students_are_null(filled):
    rows = {row["course"]: row for row in read_rows(filled, "curated.attendance_courses")}
    for course, share in zip(COURSES[:-1], ATTENDED, strict=False):
        expected = (share - FRIDAY_LOSS / 5) * 10_000
        assert rows[course]["attended_bp"] == pytest.approx(expected, abs=150)
        assert rows[course]["late_bp"] == pytest.approx(800, abs=150)
        assert rows[course]["late_milli"] == pytest.approx(15_000, abs=1_500)
    hidden = rows[COURSES[-1]]
    assert {hidden[name] for name in hidden if name != "course"} == {None}


def test_fridays_are_lower_and_weeks_have_their_change(filled):
    weekdays = {row["weekday"]: row for row in read_rows(filled, "curated.attendance_weekdays")}
    assert sorted(weekdays) == [1, 2, 3, 4, 5]
    assert min(weekdays, key=lambda weekday: weekdays[weekday]["attended_bp"]) == 5
    weeks = sorted(
        read_rows(filled, "curated.attendance_weeks"), key=lambda row: row["week_on"]
    )  # fmt: skip
    assert all(row["week_on"].isoweekday() == 1 for row in weeks)
    assert weeks[0]["change_bp"] is None
    assert weeks[1]["change_bp"] == weeks[1]["attended_bp"] - weeks[0]["attended_bp"]
    hidden = [
        row
        for row in read_rows(filled, "curated.attendance_course_weeks")
        if row["course"] == COURSES[-1]
    ]
    assert len(hidden) == len(weeks)
    assert all(row["students"] is row["attended_bp"] is row["change_bp"] is None for row in hidden)


def test_neither_the_file_nor_a_student_is_in_the_lake(filled):
    assert list(filled.storage.list_files(UPLOADS)) == []
    students = {row["student"] for row in read_rows(filled, "trusted.attendance_records")}
    assert {len(student) for student in students} == {32}


def test_the_record_received_last_counts_and_a_week_without_records_has_no_change(lake, tmp_path):
    path = tmp_path / "attendance.csv"
    days = [date(2026, 10, 5), date(2026, 10, 19)]
    lines = [f"S{n},M,{day},absent,\n" for day in days for n in range(5)]
    path.write_text(HEADING + "".join(lines))
    load_file(lake, PRODUCT, path, now=NOW)
    path.write_text(HEADING + f"S0,M,{days[1]},present,\n")
    load_file(lake, PRODUCT, path, now=NOW + timedelta(days=1))
    assert run_product(lake, PRODUCT, now=NOW + timedelta(days=1)).failure is None
    weeks = {row["week_on"]: row for row in read_rows(lake, "curated.attendance_weeks")}
    assert [weeks[day]["attended_bp"] for day in days] == [0, 2_000]
    assert weeks[days[1]]["change_bp"] is None
