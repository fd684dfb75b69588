"""Shared options may stand before and after a subcommand, in every command that has any."""

import argparse
import importlib
import itertools

import pytest

from cloud import settings
from cloud.__main__ import main
from cloud.cli.main import COMMANDS, load_command
from cloud.settings import SettingsError
from tests.cloud.databases import new_database
from wire.command_line import Parser


def parser_of(name):
    module_name, _, _ = COMMANDS[name]
    module = importlib.import_module(module_name)
    parser = Parser(prog=name)
    module.add_arguments(parser)
    settings.share_options(parser)
    return parser


def children(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "stream-spark"])
def test_what_a_subcommand_offers_its_command_offers_and_the_reverse(name):
    parser = parser_of(name)
    above = settings._offered(parser)
    for child_name, child in children(parser):
        assert settings._offered(child) == above, child_name


@pytest.mark.parametrize(
    "words",
    [
        ("database", "check"),
        ("fleet", "list"),
        ("keys", "list"),
        ("audit", "verify"),
        ("rate-card", "list"),
        ("override", "list"),
        ("dead-letters", "list"),
        ("streams", "list"),
        ("alerts", "list"),
    ],
)
def test_the_database_is_the_one_named_before_or_after(words, tmp_path, capsys):
    url = new_database(tmp_path)
    command, action = words
    before = main([command, "--database", url, action]), capsys.readouterr().out
    after = main([command, action, "--database", url]), capsys.readouterr().out
    assert before == after
    missing = f"sqlite:///{tmp_path}/other.db"
    last = parser_of(command).parse_args(["--database", missing, action, "--database", url])
    assert settings.read(last).database_url == url


@pytest.mark.parametrize(
    "typed",
    [
        "audit verify --checkpoints apart --key key.pem",
        "audit --checkpoints apart verify --key key.pem",
        "audit --checkpoints apart --key key.pem verify",
        "override set KX-01 2026-11-23T08:00 40 --reason agreed --rate-card rates.yaml",
        "override --rate-card rates.yaml set KX-01 2026-11-23T08:00 40 --reason agreed",
        "rate-card list --database sqlite:///x.db",
    ],
)
def test_an_option_of_a_command_may_stand_after_its_subcommand(typed):
    command, *words = typed.split()
    parsed = vars(parser_of(command).parse_args(words))
    pairs = itertools.pairwise(words)
    expected = {flag: value for flag, value in pairs if flag.startswith("--")}
    for flag, value in expected.items():
        assert str(parsed[flag.removeprefix("--").replace("-", "_")]) == value


@pytest.mark.parametrize("words", [("--database", "{url}"), ("--database={url}",)])
def test_a_setting_may_stand_before_the_command(words, tmp_path, capsys):
    url = new_database(tmp_path)
    assert main([word.format(url=url) for word in words] + ["database", "check"]) == 0
    assert "newest" in capsys.readouterr().out


def test_an_address_may_come_from_a_file_or_the_environment(tmp_path):
    file = tmp_path / "database"
    file.write_text("postgresql://me:s3cret@db.example/onlooker\n")
    typed = parser_of("database").parse_args(["check", "--database", f"@{file}"])
    assert settings.read(typed).database_url.startswith("postgresql://me:s3cret@")
    untyped = parser_of("database").parse_args(["check"])
    chosen = settings.read(untyped, {"ONLOOKER_DATABASE_URL": f"@{file}"})
    assert chosen.database_url.startswith("postgresql://me:s3cret@")
    assert "s3cret" not in repr(chosen)
    with pytest.raises(SettingsError, match="ONLOOKER_DATABASE_URL: the file /none cannot"):
        settings.read(untyped, {"ONLOOKER_DATABASE_URL": "@/none"})


def test_a_command_is_loaded_before_it_runs(tmp_path):
    assert callable(load_command(["database", "check", "--database", f"sqlite:///{tmp_path}/x.db"]))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["steam"])
    assert "dead-letters" in capsys.readouterr().err
