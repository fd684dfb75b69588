"""The share of handled calls: by year, up to a month, and why it changed; also on the real file."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.products.definitions.product import find_product
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import load_file, read_rows, run_product

PRODUCT = find_product("contact_centre")
REAL = Path("../shared/data/products/vancouver_311_contact_centre_metrics.csv")


def write(folder: Path, year: int, heading: str, handled: dict[int, int]) -> Path:
    """100 calls each day, of which a number by month is handled."""
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    lines = [f"{day},100,{handled[day.month]},0.5\n" for day in days if day.month in handled]
    path = folder / f"calls-{year}.csv"
    path.write_text(heading + "".join(lines))
    return path


def test_files_of_two_years_are_united_and_the_change_is_explained(lake, tmp_path):
    old = write(tmp_path, 2023, "Date,CallsOffered,CallsHandled,ServiceLevel\n", {1: 90, 2: 90})
    new = write(tmp_path, 2024, "Day,Calls offered,Calls handled,Service level\n", {1: 90, 2: 80})
    for path in (old, new):
        load_file(lake, PRODUCT, path, now=NOW)
    assert run_product(lake, PRODUCT, now=NOW).failure is None
    years = {row["year"]: row["handled_bp"] for row in read_rows(
        lake, "curated.contact_centre_years")}  # fmt: skip
    assert years == {2023: 9_000, 2024: 8_517}
    changes = read_rows(lake, "curated.contact_centre_changes")
    assert [row["share_effect_ppm"] for row in changes] == [0, -48_333]
    assert sum(row["change_ppm"] for row in changes) == pytest.approx(-48_333, abs=2)


def test_the_real_file_has_the_published_figures(lake):
    if not REAL.exists():
        pytest.skip("../shared/data/products is not there")
    record = load_file(lake, PRODUCT, REAL, now=NOW)
    assert (record.rows_loaded, record.rows_refused) == (5_555, 0)
    run_product(lake, PRODUCT, now=NOW)
    months = {row["month_on"]: row for row in read_rows(lake, "curated.contact_centre_months")}
    assert months[date(2023, 12, 1)]["year_handled_bp"] == 9_419
    assert months[date(2024, 7, 1)]["year_handled_bp"] == 9_293
    years = {row["year"]: row for row in read_rows(lake, "curated.contact_centre_years")}
    assert (years[2024]["handled_bp"], years[2024]["last_on"]) == (9_286, date(2024, 8, 31))
