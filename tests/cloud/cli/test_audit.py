"""`python -m cloud audit` exits with 1 when the log is not intact, and never overwrites a file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from cloud import database
from cloud.__main__ import main
from cloud.app.context import AppContext
from cloud.auth.audit import audit_log, record_change
from cloud.auth.refusal_log import REFUSE, Refusal, RefusalLog
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import new_database

Run = Callable[..., int]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for variable in ("ONLOOKER_AUDIT_CHECKPOINTS", "ONLOOKER_AUDIT_KEY"):
        monkeypatch.delenv(variable, raising=False)
    where = ["--database", new_database(tmp_path)]
    return lambda *words: main(["audit", *where, *map(str, words)])


@pytest.fixture
def logged(context: AppContext, clock) -> AppContext:
    for number in range(4):
        with database.writing(context.engine) as connection:
            record_change(
                connection, at=clock.now, actor="ann", action="price.set", about=f"KX-0{number}",
                details={"to_minor": number, "from_minor": 7},
            )  # fmt: skip
    return context


def test_an_altered_entry_is_named_and_the_exit_code_is_one(logged: AppContext, audit: Run, capsys):
    whole = audit("verify")
    with database.writing(logged.engine) as connection:
        connection.execute(update(audit_log).values(actor="eve"))
    broken = audit("verify")
    output = capsys.readouterr()

    assert (whole, broken) == (0, 1)
    assert "4 entries" in output.out
    assert "entry 1 has been altered" in output.err


def test_the_list_shows_one_action_alone(logged: AppContext, audit: Run, capsys):
    refusals = RefusalLog()
    refusals.add(Refusal(FRIDAY_NOON, "eve", "POST", "/api/holds", 409, "hold-limit"))
    refusals.write_waiting(logged.engine)

    assert audit("list", "--only", REFUSE) == 0

    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 1
    assert "eve  request.refuse  -" in shown[0]
    assert '"reason":"hold-limit"' in shown[0]


def test_an_empty_log_is_intact_and_lists_nothing(audit: Run, capsys):
    assert audit("list") == 0
    assert capsys.readouterr().out == ""
    assert audit("verify") == 0
    assert "no entries yet" in capsys.readouterr().out


def test_each_entry_is_one_line_of_the_list_and_of_the_export(
    logged: AppContext, audit: Run, tmp_path: Path, capsys
):
    file = tmp_path / "log.jsonl"
    assert audit("list") == audit("export", file) == 0
    listed = capsys.readouterr().out.splitlines()[:4]
    exported = [json.loads(line) for line in file.read_text().splitlines()]

    assert [line.split()[0] for line in listed] == ["1", "2", "3", "4"]
    assert "ann  price.set  KX-00" in listed[0]
    assert [(one["number"], one["object"]) for one in exported] == [
        (1, "KX-00"), (2, "KX-01"), (3, "KX-02"), (4, "KX-03"),
    ]  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_replaces_no_file(logged: AppContext, audit: Run, tmp_path: Path, capsys):
    file = tmp_path / "log.jsonl"
    file.write_text("mine")
    assert audit("export", file) == 1
    assert f"{file} cannot be written: File exists" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_a_folder_of_checkpoints_without_a_key_is_refused(audit: Run, tmp_path: Path, capsys):
    assert audit("--checkpoints", tmp_path, "verify") == 1
    assert "checkpoints need both their folder and their key" in capsys.readouterr().err


def test_a_digest_that_the_log_does_not_have_is_refused(logged: AppContext, audit: Run, capsys):
    assert audit("verify", "--head", "f" * 64) == 1
    assert "have been cut off or replaced" in capsys.readouterr().err
