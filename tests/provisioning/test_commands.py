"""The entry point: every refusal is one line on stderr with status 1, and output is not lost."""

import sys
from types import SimpleNamespace

import pytest

from provisioning import commands, release
from provisioning.broker.settings import BrokerError
from provisioning.folder_lock import FolderLockedError
from provisioning.release import ReleaseError


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `release 1.0.0` with another action, and return status, stdout and stderr."""

    def run(action):
        monkeypatch.setattr(release, "print_notes", action)
        status = commands.main(["release", "1.0.0"])
        return status, *capsys.readouterr()

    return run


def failing(error, *lines):
    def act(options, at):
        yield from lines
        raise error

    return act


def test_lines_are_printed_and_the_status_is_zero(run):
    assert run(lambda options, at: iter(["first", "second"])) == (0, "first\nsecond\n", "")


def test_the_time_of_the_command_is_utc(run):
    assert run(lambda options, at: iter([at.tzname()])) == (0, "UTC\n", "")


@pytest.mark.parametrize(
    "error",
    [BrokerError("no port"), FolderLockedError("no port"), ReleaseError("no port")],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_follows_the_lines_before_it(run, error):
    assert run(failing(error, "first")) == (1, "first\n", "error: no port\n")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (PermissionError(13, "Permission denied", "/x/key"), "/x/key cannot be used: Permission"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("the socket is closed"), "the socket is closed"),
    ],
)
def test_an_error_of_the_system_names_its_file(run, error, shown):
    status, out, err = run(failing(error))
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {shown}")
    assert err.count("\n") == 1


def test_a_fault_of_the_program_is_not_hidden(run):
    with pytest.raises(ZeroDivisionError):
        run(failing(ZeroDivisionError()))


def test_each_line_is_flushed_before_the_next_is_computed(monkeypatch):
    log = []
    stream = SimpleNamespace(write=log.append, flush=lambda: log.append("flush"))

    def act(options, at):
        yield "first"
        log.append("computes the second")
        yield "second"

    monkeypatch.setattr(release, "print_notes", act)
    monkeypatch.setattr(sys, "stdout", stream)
    assert commands.main(["release", "1.0.0"]) == 0
    assert log == ["first\n", "flush", "computes the second", "second\n", "flush"]


def test_a_command_is_required(capsys):
    with pytest.raises(SystemExit) as ended:
        commands.main([])
    assert ended.value.code == 2
    assert "command" in capsys.readouterr().err
