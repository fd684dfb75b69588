"""`python -m cloud lake`: an operator lists what was refused, repairs it and replays it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cloud.__main__ import main
from cloud.auth.audit import read_entries
from cloud.cli.lake.quality import write_quality
from cloud.database import connect, reading, reports, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.writer import append_all
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_database
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.trusted.rows import build_rows, merge, to_raw

Run = Callable[..., tuple[int, str, str]]
TRUSTED = "SELECT count(*) AS n FROM trusted_audience_reports"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    engine = connect(new_database(tmp_path))
    yield Lake(open_storage(str(tmp_path / "lake")), engine)
    engine.dispose()


@pytest.fixture
def run(lake: Lake, tmp_path: Path, capsys) -> Run:
    url = f"sqlite:///{tmp_path}/onlooker.db"

    def run(*words: object) -> tuple[int, str, str]:
        common = ["lake", "--database", url, "--lake", str(tmp_path / "lake")]
        status = main([*common, *map(str, words)])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def add(lake: Lake, *numbers: int, **changes: int) -> None:
    """Raw rows of these reports, with their sensors; all reports with the same changes."""
    rows = merge(*map(build_rows, numbers))
    for row in rows["audience_reports"]:
        row.update(changes)
    names = ("audience_reports", "audience_sensors")
    append_all(lake, [to_raw(name, rows[name]) for name in names], now=NOW)


def test_a_report_that_cannot_be_read_is_corrected(
    lake: Lake, run: Run, report: Reports, tmp_path: Path
):
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(1), report(2)], NINE)
        original = connection.execute(reports.select()).first()
        connection.execute(update(reports).where(reports.c.first_sequence == 1).values(body="{"))
    lines = run("update")[1].splitlines()
    assert lines[1] == "1 reports promoted to the raw zone, 1 quarantined"
    assert lines[-1] == "1 rows of 1 days promoted to the trusted zone, 0 quarantined"
    listed = run("quarantine", "--rule", "readable")[1].splitlines()
    assert listed[1].split()[:4] == ["2026-11-20", "raw.audience_reports", "readable", "1"]
    assert run("replay")[1].startswith("0 quarantined rows promoted to the raw zone, 1 left\n")
    correction = tmp_path / "report.json"
    correction.write_text("{")
    assert (
        "the correction is not a report" in run("repair", "landing.audience_reports", correction)[2]
    )
    correction.write_text(original.body)
    status, out, _ = run("repair", "landing.audience_reports", correction)
    assert (status, out) == (0, "2 rows of 1 days promoted to the trusted zone, 0 quarantined\n")
    assert run("query", TRUSTED)[1] == "n\n2\n"
    assert len(run("quarantine")[1].splitlines()) == 1
    status, _, err = run("repair", "landing.audience_reports", correction)
    assert status == 2
    assert "no quarantined report is of kx-01-cam-1, stream 00000000000000a1, number 1" in err
    with reading(lake.engine) as connection:
        actions = [entry.action for entry in read_entries(connection)]
    assert actions.count("lake.row_repaired") == 1


def test_a_row_that_breaks_a_rule_is_corrected_with_its_parts(lake: Lake, run: Run, tmp_path: Path):
    add(lake, 1)
    add(lake, 2, facing_ms=9_000)
    assert run("update")[0] == 0
    assert run("quarantine", "--count")[1].split("\n")[1:-1] == [
        "trusted.audience_reports  faces_within_persons  1",
        "trusted.audience_sensors  belongs_to_report     1",
    ]
    (listed,) = run("quarantine", "--table", "trusted.audience_reports")[1].splitlines()[1:]
    assert "found person_ms 8000, facing_ms 9000, unsure_ms 1000; expected: Time" in listed
    for option, name in (("--table", "trusted.audience_report"), ("--rule", "faces_within_person")):
        status, out, err = run("quarantine", option, name)
        assert (status, out) == (2, "")
        assert f"{option[2:]} {name!r} is not known: did you mean '{name}s'?" in err
    assert run("quarantine", "--rule", "unique_identity")[0] == 0  # no row breaks it
    _, shown, _ = run("quarantine", "--content", "--table", "trusted.audience_reports")
    row = json.loads(shown[shown.index("{") :])
    correction = tmp_path / "row.json"
    for changes, sentence in (
        ({"facing_ms": "many"}, "is not a row of raw.audience_reports: "),
        ({"first_sequence": 3}, "no quarantined row of identity 'kx-01-cam-1 00000000000000a1 3'"),
        ({"colour": "red"}, "expected an object with location, device"),
        ({"starts_at": None}, "is not a row of raw.audience_reports"),
    ):
        correction.write_text(json.dumps(row | changes))
        status, _, err = run("repair", "raw.audience_reports", correction)
        assert (status, sentence in err) == (2, True), err
    correction.write_text(json.dumps(row | {"facing_ms": 5_000}))
    status, out, _ = run("repair", "raw.audience_reports", correction)
    assert (status, out) == (0, "4 rows of 1 days promoted to the trusted zone, 1 quarantined\n")
    assert run("query", TRUSTED)[1] == "n\n2\n"
    assert "superseded" in run("quarantine")[1]
    assert run("repair", "raw.audience_reports", correction)[0] == 2


def test_a_stopped_day_is_shown_until_it_can_be_promoted(lake: Lake, run: Run):
    add(lake, *range(1, 21), facing_ms=9_000)
    status, _, err = run("update")
    assert status == 1
    assert err.startswith("stopped: trusted.audience_reports on 2026-11-20: 20 of 20 rows are")
    shown = run("status")[1]
    assert "trusted.rule_results" in shown
    assert "stopped: trusted.audience_sensors on 2026-11-20: the day of trusted.audi" in shown
    assert run("replay")[0] == 1
    assert run("query", TRUSTED)[1] == "n\n0\n"
    status, _, err = run("replay", "--first-on", "2026-11-20")
    assert (status, err) == (
        2, "found the days 2026-11-20 to None; expected a first and a last day\n",
    )  # fmt: skip


def test_a_table_that_is_older_than_its_contract_allows_is_late(lake: Lake, capsys):
    add(lake, 1)
    list(promote_days(lake, contracted_tables(), now=NOW))
    write_quality(lake, NOW + timedelta(hours=26))
    assert capsys.readouterr().out == ""
    write_quality(lake, NOW + timedelta(hours=27))
    assert capsys.readouterr().out == (
        "late: trusted.audience_reports: newest snapshot of 2026-11-20 03:00 UTC, expected one "
        "every 26 hours\n"
    )
