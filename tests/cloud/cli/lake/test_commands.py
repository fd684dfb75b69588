"""`python -m cloud lake`: an operator fills, reads, verifies and expires the lake."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.auth.audit import read_entries
from cloud.database import connect, reading, writing
from cloud.ingest import report_store
from cloud.lake.raw.feeds import FEEDS
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_database

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, report: Reports, capsys) -> Run:
    """On a database with two reports."""
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        report_store.write_reports(connection, [report(1), report(2)], NINE)
    engine.dispose()

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["lake", "--database", url, "--lake", str(tmp_path / "lake"), *words])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def test_the_lake_is_filled_once(run: Run):
    status, out, _ = run("update")
    lines = out.splitlines()
    assert (status, lines[:2], lines[-1]) == (
        0,
        ["2 reports landed", "2 reports promoted to the raw zone, 0 quarantined"],
        "2 rows of 1 days promoted to the trusted zone, 0 quarantined",
    )
    assert [line for line in lines if line.endswith(" landed")] == [
        "2 reports landed", *(f"0 {feed.name} landed" for feed in FEEDS[1:]),
    ]  # fmt: skip
    _, out, _ = run("update")
    assert out.startswith("0 reports landed\n0 reports promoted")


def test_the_status_counts_what_is_there(run: Run):
    run("update")
    status, out, _ = run("status")
    assert status == 0
    (line,) = [line.split() for line in out.splitlines() if "raw.audience_reports" in line]
    assert line[1:4] == ["1", "2", "1"]
    assert line[-3:] == ["2026-11-20", "to", "2026-11-20"]
    assert "landing.quarantine" in out


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("table", "location  n  none\nKX-01     4\n"),
        ("csv", "location,n,none\nKX-01,4,\n"),
        ("json", '{"location": "KX-01", "n": 4, "none": null}\n'),
    ],
)
def test_a_query_is_shown_in_each_format_and_recorded(run: Run, tmp_path: Path, form, expected):
    run("update")
    sql = (
        "SELECT location, sum(visits)::INT AS n, NULL AS none FROM raw_audience_reports GROUP BY 1"
    )
    assert run("query", sql, "--format", form) == (0, expected, "")
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    with reading(engine) as connection:
        (entry,) = read_entries(connection)
    engine.dispose()
    assert entry.action == "lake.queried"
    assert json.loads(entry.details)["sql"] == sql


def test_an_earlier_snapshot_is_read(run: Run):
    run("update")
    sql = "SELECT count(*) AS n FROM raw_audience_reports"
    assert run("query", sql, "--at", "raw.audience_reports=0")[1] == "n\n0\n"
    assert run("query", sql, "--at", "raw.audience_reports=1")[1] == "n\n2\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["query", "SELECT * FROM nothing"], "nothing does not exist"),
        (
            ["query", "SELECT 1 AS n, 2 AS n", "--format", "json"],
            "n is the name of several columns",
        ),
        (["query", "SELECT 1", "--at", "raw.audience_reports=9"], "no snapshot 9: its newest is 0"),
        (["snapshots", "raw.audience_report"], "did you mean 'raw.audience_reports'?"),
        (["compact", "bronze.x"], "table 'bronze.x' is not known"),
        (
            ["hold", "place", "raw.audience_reports", "2026-11-30", "2026-11-01", "--reason", "x"],
            "the last day 2026-11-01 comes before the first day 2026-11-30",
        ),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_refused(run: Run, words, sentence):
    status, _, err = run(*words)
    assert status == 2
    assert sentence in err


def test_a_long_result_is_cut_and_says_so(run: Run):
    status, out, err = run("query", "SELECT range FROM range(9)", "--limit", "2")
    assert (status, out) == (0, "range\n0\n1\n")
    assert "only the first 2 rows are shown" in err


def test_a_changed_file_fails_the_verification(run: Run, tmp_path: Path):
    run("update")
    assert run("verify")[:2] == (0, "every file is as it was committed\n")
    (file,) = (tmp_path / "lake" / "raw" / "audience_reports").rglob("*.parquet")
    file.write_bytes(file.read_bytes() + b"x")
    status, out, _ = run("verify")
    assert status == 1
    assert out.startswith("changed  raw/audience_reports/day=2026-11-20/")
    assert out.endswith("1 faults\n")
    assert run("compact", "--min-files", "2")[0] == 0  # days of one file are not read


def test_holds_are_placed_listed_and_released(run: Run):
    place = ["hold", "place", "raw.audience_reports", "2026-11-01", "2026-11-30"]
    assert run(*place, "--reason", "case 17")[1].startswith("hold 1 placed on raw.audience_reports")
    assert "2026-11-01 to 2026-11-30" in run("hold", "list")[1]
    assert run("hold", "release", "1")[:2] == (0, "hold 1 released\n")
    assert run("hold", "release", "1")[0] == 1
    assert run("hold", "list")[1] == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["query", "SELECT 1", "--at", "raw.audience_reports"], "like raw.audience_reports=7"),
        (["query", "SELECT 1", "--at", "raw.audience_reports=-1"], "names no snapshot"),
        (["hold", "place", "raw.audience_reports", "1.11.2026", "2026-11-30", "--reason", "x"],
         "'1.11.2026' is no day: write one like 2026-11-30"),
    ],
)  # fmt: skip
def test_an_argument_that_cannot_be_read_is_refused_with_an_example(
    run: Run, capsys, words, sentence
):
    with pytest.raises(SystemExit, match="2"):
        run(*words)
    assert sentence in capsys.readouterr().err


def test_a_hold_without_its_audit_entry_is_not_placed(run: Run, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the audit log cannot be written")

    monkeypatch.setattr("cloud.cli.lake.holds.record_change", fail)
    place = ["hold", "place", "raw.audience_reports", "2026-11-01", "2026-11-30"]
    with pytest.raises(RuntimeError, match="audit log"):
        run(*place, "--reason", "case 17")
    assert run("hold", "list")[1] == ""


def test_a_folder_of_another_lake_is_refused(run: Run, tmp_path: Path):
    run("update")
    (tmp_path / "lake").rename(tmp_path / "moved")
    for action in ("update", "compact", "expire"):
        status, _, err = run(action)
        assert (status, "name the folder of this database with --lake" in err) == (2, True)


def test_a_file_that_is_lost_ends_a_query_with_a_sentence(run: Run, tmp_path: Path):
    run("update")
    (file,) = (tmp_path / "lake" / "raw" / "audience_reports").rglob("*.parquet")
    file.unlink()
    status, _, err = run("query", "SELECT count(*) FROM raw_audience_reports")
    assert status == 2
    assert err.endswith("; `python -m cloud lake verify` lists damaged files\n")
    assert file.name in err
    assert run("quarantine")[0] == 0  # other tables can be read


def test_there_is_nothing_to_expire_in_a_new_lake(run: Run):
    run("update")
    assert run("expire")[1] == "0 files retired, 0 deleted, 0 unlisted files deleted\n"
    assert run("quarantine")[1].split() == ["day", "table_name", "rule", "row", "reason"]


def test_a_lake_in_a_folder_has_no_lists_for_athena(run: Run):
    run("update")
    assert run("lists")[:2] == (0, "0 lists of files renewed\n")
