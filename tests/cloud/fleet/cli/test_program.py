"""The fleet's own program refuses in one sentence and with exit code 2."""

import pytest
from sqlalchemy.exc import OperationalError

from cloud.database import DatabaseError
from cloud.fleet.cli import commands, program
from cloud.settings import SettingsError
from cloud.yaml_document import DocumentError
from tests.cloud.databases import new_database


@pytest.fixture(autouse=True)
def _no_log_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "write_json_lines", lambda: None)


def test_an_action_runs_when_it_is_called_and_not_when_it_is_loaded(tmp_path, capsys) -> None:
    action = program.load(["list", "--database", new_database(tmp_path)])
    assert capsys.readouterr().out == ""
    assert action() == 0
    assert "0 devices" in capsys.readouterr().out


@pytest.mark.parametrize("first", [True, False])
def test_a_shared_option_may_come_before_or_after_the_action(tmp_path, capsys, first) -> None:
    where = ["--database", f"sqlite:///{tmp_path}/none.db"]
    words = [*where, "list"] if first else ["list", *where]
    assert program.load(words)() == 2
    assert f"there is no database {tmp_path}/none.db" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("mqtts://ann:s3cret@broker:8883 is no database"),
        DocumentError("sites.yaml: wrong, see https://ann:s3cret@host/"),
        SettingsError("redis://:s3cret@cache is no broker"),
        OperationalError("select", {"password": "s3cret"}, OSError("s3cret")),
    ],
)
def test_a_refusal_is_one_line_without_credentials(error, monkeypatch, capsys) -> None:
    def refuse(_: object) -> int:
        raise error

    monkeypatch.setattr(commands, "run", refuse)
    assert program.load(["list"])() == program.REFUSED
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "s3cret" not in shown


def test_a_fault_of_the_program_is_not_hidden(monkeypatch) -> None:
    def fail(_: object) -> int:
        raise KeyError("x")

    monkeypatch.setattr(commands, "run", fail)
    with pytest.raises(KeyError):
        program.load(["list"])()


@pytest.mark.parametrize("words", [[], ["explode"], ["list", "--none"]])
def test_words_that_are_no_action_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.load(words)
    assert ended.value.code == 2


def test_the_help_shows_an_example(capsys) -> None:
    with pytest.raises(SystemExit):
        program.load(["retire", "--help"])
    assert "python -m cloud.fleet retire kx-01-cam-1" in capsys.readouterr().out
