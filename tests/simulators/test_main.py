"""The entry point: each command is imported only if it is used, and its status is returned."""

from types import SimpleNamespace

import pytest

from simulators import __main__ as entry
from wire.command_line import subcommands


@pytest.fixture
def imported(monkeypatch):
    """Replace the modules of the commands; the list names those that were imported."""
    names = []

    def import_module(name):
        names.append(name)
        return SimpleNamespace(
            add_arguments=lambda parser: parser.add_argument("--seed", type=int, default=1),
            run=lambda arguments: arguments.seed,
        )

    monkeypatch.setattr(entry, "import_module", import_module)
    return names


@pytest.mark.parametrize("name", entry.COMMANDS)
def test_the_status_is_that_of_the_command(imported, name):
    assert entry.main([name, "--seed", "3"]) == 3
    assert set(imported) == {entry.COMMANDS[name][0]}


def test_the_help_of_all_commands_imports_none(imported, capsys):
    with pytest.raises(SystemExit) as ended:
        entry.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(what.split(",")[0][:30] in shown for _, what in entry.COMMANDS.values())
    assert imported == []


@pytest.mark.parametrize("words", [[], ["scenes"], ["--seed", "3"], ["fleet", "--sed", "3"]])
def test_a_wrong_command_or_option_is_refused(imported, capsys, words):
    with pytest.raises(SystemExit) as ended:
        entry.main(words)
    assert ended.value.code == 2
    assert "usage: python -m simulators" in capsys.readouterr().err


def test_only_the_command_in_use_has_its_options(imported):
    commands = subcommands(entry.build_parser(["fleet", "--seed", "3"]))
    assert "--seed" in commands["fleet"].format_help()
    assert "--seed" not in commands["scene"].format_help()
