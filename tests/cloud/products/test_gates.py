"""A gate that does not hold leaves the results as they are, and says what was found."""

from datetime import timedelta

from cloud.lake.lake import Lake
from cloud.products.definitions.product import find_product
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import load_file, read_rows, run_product

PRODUCT = find_product("attendance")
HEADING = "student,course,day_on,status,minutes_late\n"
GOOD = "".join(f"S{n},M,2026-11-18,late,{n}\n" for n in range(10))


def write(folder, lines: str):
    path = folder / "attendance.csv"
    path.write_text(HEADING + lines)
    return path


def test_results_stay_and_the_run_names_the_gate_until_rows_are_corrected(lake: Lake, tmp_path):
    load_file(lake, PRODUCT, write(tmp_path, GOOD), now=NOW)
    assert run_product(lake, PRODUCT, now=NOW).failure is None
    before = read_rows(lake, "curated.attendance_courses")
    unknown = GOOD.replace("2026-11-18,late,1\n", "2026-11-18,late,\n").replace(
        "2026-11-18,late,2\n", "2026-11-18,late,\n"
    )
    load_file(lake, PRODUCT, write(tmp_path, unknown), now=NOW + timedelta(hours=1))
    run = run_product(lake, PRODUCT, now=NOW + timedelta(hours=1))
    assert run.failure is not None
    assert "gate late_minutes_known: found 8000, expected at least 9000" in run.failure
    assert run.tables_changed == 0
    assert read_rows(lake, "curated.attendance_courses") == before
    load_file(lake, PRODUCT, write(tmp_path, GOOD + "S9,M,2026-11-17,late,1\n"),
              now=NOW + timedelta(hours=2))  # fmt: skip
    assert run_product(lake, PRODUCT, now=NOW + timedelta(hours=2)).failure is None


def test_a_product_without_rows_passes_its_gates(lake: Lake):
    assert run_product(lake, PRODUCT, now=NOW).failure is None
