"""Simulated attendance has its shares, its small course and workdays only."""

from datetime import date

import pyarrow.compute as pc
import pytest

from simulators.products.attendance import (
    COURSES,
    EXCUSED,
    FEW_STUDENTS,
    AttendanceOptions,
    simulate_attendance,
)

OPTIONS = AttendanceOptions(10_000, date(2026, 9, 1), 28)


def test_the_file_has_whole_classes_of_workdays():
    rows = simulate_attendance(OPTIONS)["attendance"]
    assert len(rows) == pytest.approx(OPTIONS.rows, rel=0.05)
    assert set(pc.day_of_week(rows["Date"]).to_pylist()) == set(range(5))
    small = rows.filter(pc.equal(rows["Course code"], COURSES[-1]))
    assert len(set(small["Student number"].to_pylist())) == FEW_STUDENTS
    excused = pc.mean(pc.equal(rows["Attendance"], "excused")).as_py()
    assert excused == pytest.approx(EXCUSED, abs=0.01)
    is_late = pc.equal(rows["Attendance"], "late")
    assert pc.all(pc.equal(is_late, pc.is_valid(rows["Minutes late"]))).as_py()
