"""Attendance of students, with shares by course and weekday that are known.

The last course has too few students to be shown. Students of a course attend or not by the share of
the course and the weekday, one independent of the other; there are no weekends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

COURSES: Final = ("MATHS", "BIOLOGY", "HISTORY", "MUSIC")
ATTENDED: Final = (0.95, 0.90, 0.85, 0.90)
"""Share of the records without excused ones, by course."""
FRIDAY_LOSS: Final = 0.10
LATE: Final = 0.08
"""Share of the attended records."""
EXCUSED: Final = 0.03
FEW_STUDENTS: Final = 3
WORKDAYS: Final = 5
FRIDAY: Final = 4


@dataclass(frozen=True, slots=True)
class AttendanceOptions:
    """About how many records, from which day on, over how many days."""

    rows: int
    first_on: date
    days: int
    seed: int = 1


def simulate_attendance(options: AttendanceOptions) -> Mapping[str, pa.Table]:
    """The file `attendance`: whole classes of each workday, so about as many rows as asked."""
    random = np.random.default_rng(options.seed)
    days = options.first_on.toordinal() + np.arange(options.days)
    days = days[(days - 1) % 7 < WORKDAYS]
    largest = max(options.rows // max(len(days) * (len(COURSES) - 1), 1), FEW_STUDENTS)
    sizes = [largest] * (len(COURSES) - 1) + [FEW_STUDENTS]
    courses = np.repeat(np.arange(len(COURSES)), sizes)
    students = np.arange(len(courses))
    return {"attendance": _write_rows(random, days, courses, students)}


def _write_rows(
    random: np.random.Generator, days: np.ndarray, courses: np.ndarray, students: np.ndarray
) -> pa.Table:
    day, course = np.repeat(days, len(courses)), np.tile(courses, len(days))
    share = np.asarray(ATTENDED)[course] - np.where((day - 1) % 7 == FRIDAY, FRIDAY_LOSS, 0)
    status = np.where(random.random(len(day)) < share, "present", "absent")
    is_late = (status == "present") & (random.random(len(day)) < LATE)
    status = np.where(is_late, "late", status)
    status = np.where(random.random(len(day)) < EXCUSED, "excused", status)
    minutes = random.integers(1, 30, len(day))
    return pa.table(
        {
            "Student number": np.char.add("S", np.tile(students, len(days)).astype(str)),
            "Course code": np.asarray(COURSES)[course],
            "Date": pa.array((day - date(1970, 1, 1).toordinal()).astype("datetime64[D]")),
            "Attendance": status,
            "Minutes late": pa.array(minutes, mask=status != "late"),
        }
    )
