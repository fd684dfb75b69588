"""A history in a lake: what is printed is what the promotion finds, and a run can be continued."""

from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cloud.database import connect, reading
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import read_files
from cloud.lake.raw.audience import AUDIENCE_TABLES
from cloud.lake.reader import read_table
from cloud.lake.registry import tables_by_name
from cloud.lake.storage import open_storage
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import TableDay, promote_days
from cloud.lake.verification import verify
from cloud.lake.writer import append
from cloud.marts.build import build_changed_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.sites.sites_file import load_sites
from simulators.__main__ import load_command
from tests.cloud.databases import new_database

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
DAY_1, DAY_2 = date(2026, 11, 18), date(2026, 11, 19)


def write(folder: Path, *words: str, days: int = 2) -> int:
    module, arguments = load_command(
        ["lake", "--locations", "40", "--days", str(days), "--first-on", "2026-11-18",
         "--interval", "300", "--lake", str(folder / "lake"), "--faults",
         "--database", new_database(folder), "--write-sites", str(folder / "sites.yaml"), *words]
    )  # fmt: skip
    return int(module.run(arguments, lambda: NOW))


def open_lake(folder: Path) -> Lake:
    return Lake(open_storage(str(folder / "lake")), connect(f"sqlite:///{folder}/onlooker.db"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history of two days; `printed` has the output."""
    path = tmp_path_factory.mktemp("history")
    with (path / "printed").open("w") as printed, redirect_stdout(printed):
        assert write(path) == 0
    return path


@pytest.fixture(scope="module")
def lake(folder: Path) -> Iterator[Lake]:
    found = open_lake(folder)
    yield found
    found.engine.dispose()


@pytest.fixture(scope="module")
def promoted(lake: Lake) -> list[TableDay]:
    return list(promote_days(lake, contracted_tables(), now=NOW))


def test_what_is_printed_is_what_the_promotion_finds(
    folder: Path, lake: Lake, promoted: list[TableDay]
) -> None:
    printed = (folder / "printed").read_text()
    good: Counter[str] = Counter()
    for one in promoted:
        assert one.stopped is None
        good[one.table_name.replace("trusted", "raw")] += one.promoted
    lines = [line for line in printed.splitlines() if line.startswith("raw.")]
    assert {line.split(":")[0]: int(line.split()[-2]) for line in lines} == +good
    rows = read_table(lake, tables_by_name()["raw.quarantine"]).to_pylist()
    counts = Counter((row["table_name"].replace("trusted", "raw"), row["rule"]) for row in rows)
    assert len(counts) >= 4
    lines = [line for line in printed.splitlines() if line.startswith("quarantined")]
    assert lines == [
        f"quarantined from {name} by {rule}: {count}"
        for (name, rule), count in sorted(counts.items())
    ]


def test_late_reports_are_committed_with_the_next_day(lake: Lake) -> None:
    with reading(lake.engine) as connection:
        files = read_files(connection, "raw.audience_reports")
    assert [file.day for file in files] == [DAY_1, DAY_1, DAY_2]
    assert list(verify(lake)) == []


def test_the_marts_are_built_with_the_sites_file(
    folder: Path, lake: Lake, promoted: list[TableDay]
) -> None:
    built = build_changed_days(
        lake, DuckDbEngine(), load_sites(folder / "sites.yaml"), now=NOW
    )  # fmt: skip
    assert [one.rows["audience_metrics"] for one in built] == [40 * 24, 40 * 24]


def test_a_run_goes_on_after_its_last_day_with_the_same_rows(tmp_path: Path, lake: Lake) -> None:
    assert write(tmp_path, days=1) == 0
    assert write(tmp_path) == 0
    assert write(tmp_path) == 0  # nothing is left to write
    continued = open_lake(tmp_path)
    for table in AUDIENCE_TABLES:
        expected, found = read_table(lake, table), read_table(continued, table)
        assert found.equals(expected)
    continued.engine.dispose()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--seed", "6"), "give the options of the first run"),
        (("--first-on", "2026-11-19"), "end before 2026-11-20"),
    ],
)
def test_other_options_and_days_that_have_not_ended_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], found: str
) -> None:
    assert write(folder, *words) == 2
    assert found in capsys.readouterr().err


def test_a_lake_with_landed_reports_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_database(tmp_path)
    used = open_lake(tmp_path)
    row = {"id": 1, "device": "kx-01-cam-1", "stream_id": "0" * 16, "first_sequence": 1,
           "last_sequence": 1, "location": "KX-01", "starts_at": NOW, "received_at": NOW,
           "body": "{}", "day": DAY_2}  # fmt: skip
    schema = LANDED_REPORTS.schema.append(pa.field("day", pa.date32()))
    append(used, LANDED_REPORTS, pa.Table.from_pylist([row], schema=schema), now=NOW)
    used.engine.dispose()
    assert write(tmp_path) == 2
    assert "reports of cameras" in capsys.readouterr().err
    assert not (tmp_path / "sites.yaml").exists()
