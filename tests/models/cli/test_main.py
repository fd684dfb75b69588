"""A command prints JSON and exits with 0, or explains its refusal and exits with 2."""

import argparse
import errno
import json
import re

import pytest

from models.__main__ import main
from models.cli import main as cli_main
from models.cli.main import run
from models.train.errors import TrainingDataError

COMMAND = argparse.Namespace(command="list")


@pytest.fixture
def action(monkeypatch):
    """Lets a command do what a test says."""

    def action(outcome):
        def run_action(_):
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(cli_main, "ACTIONS", {"list": run_action})

    return action


def test_the_result_is_printed_as_json(action, capsys):
    action({"name": "a", "bytes": None})
    assert run(COMMAND) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "a", "bytes": None}


def test_a_refusal_is_printed_without_a_traceback(action, capsys):
    action(TrainingDataError("found no views, expected some; create them"))
    assert run(COMMAND) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (
        "",
        "models: found no views, expected some; create them\n",
    )


def test_a_file_that_cannot_be_used_is_named(action, capsys):
    action(PermissionError(errno.EACCES, "Permission denied", "/data/boxes.csv"))
    assert run(COMMAND) == 2
    assert capsys.readouterr().err.startswith(
        "models: /data/boxes.csv cannot be used (Permission denied): give a file or folder"
    )


def test_an_error_of_the_system_without_a_file_is_shown(action, capsys):
    action(OSError(errno.ENOSPC, "No space left on device"))
    assert run(COMMAND) == 2
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert "None" not in error


def test_a_programming_error_is_not_hidden(action):
    action(ZeroDivisionError("a fault of ours"))
    with pytest.raises(ZeroDivisionError):
        run(COMMAND)


def test_a_network_that_is_not_listed_is_refused_by_the_program(capsys):
    assert main(["fetch", "yunet-2033"]) == 2
    assert "expected one of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["evaluate", "detection", "--boxes", "{}", "--images", "."], "line below its head"),
        (["record", "{}"], "models evaluate all"),
        (["export", "detection", "--runs", "{}"], "models train detection"),
        (["fetch", "yunet", "--from", "{}.onnx"], "give the file's path"),
        (["fetch", "yunet", "--from", "{}"], "nothing was stored"),
        (["evaluate", "dwell", "--video", "{}", "--truth", "{}"], "expected a video"),
    ],
)
def test_a_command_reports_invalid_data_and_exits_with_status_two(tmp_path, command, words, capsys):
    table = tmp_path / "labels.csv"
    table.write_text("image,x1,y1,x2,y2\n")
    assert main([word.format(table) for word in command]) == 2
    assert re.search(words, capsys.readouterr().err)
