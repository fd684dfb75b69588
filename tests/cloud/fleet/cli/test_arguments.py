"""Actions declare their shared options in one place."""

import argparse
from pathlib import Path

import pytest

from cloud.fleet.cli.arguments import (
    add_action,
    add_all_option,
    add_selectors,
    add_sites_options,
    load_chosen_sites,
)
from cloud.sites.sites_file import SAMPLE
from cloud.yaml_document import DocumentError


def act(*_: object):
    return iter(())


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    actions = parser.add_subparsers()
    action = add_action(actions, name, "purpose", act)
    for add in (add_selectors, add_all_option, add_sites_options):
        add(action)
    return parser


def test_an_action_is_called_by_its_last_word_and_has_its_whole_name() -> None:
    asked = parser_of("group add").parse_args(["add"])
    assert (asked.name, asked.act) == ("group add", act)


@pytest.mark.parametrize(("name", "is_there"), [("job create", True), ("allow", False)])
def test_only_actions_that_aws_has_may_run_there(name: str, is_there: bool, capsys) -> None:
    words = [name.split()[-1], "--on-aws", "eu-west-2"]
    if is_there:
        assert parser_of(name).parse_args(words).on_aws == "eu-west-2"
        return
    with pytest.raises(SystemExit):
        parser_of(name).parse_args(words)
    assert "--on-aws" in capsys.readouterr().err


def test_selectors_are_empty_by_default() -> None:
    asked = parser_of("list").parse_args(["list"])
    assert (asked.device, asked.group, asked.location, asked.where) == (None, None, None, [])
    assert (asked.all, asked.force) == (False, False)
    again = parser_of("list").parse_args(["list", "--where", "a=1", "--where", "b=2"])
    assert again.where == ["a=1", "b=2"]
    assert parser_of("list").parse_args(["list"]).where == []


def test_the_sites_are_those_of_the_option_or_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONLOOKER_SITES", raising=False)
    parser = parser_of("list")
    assert len(load_chosen_sites(parser.parse_args(["list"]))) == 8
    file = tmp_path / "sites.yaml"
    file.write_text(SAMPLE.read_text().replace("id: KX-01", "id: KX-77"))
    chosen = load_chosen_sites(parser.parse_args(["list", "--sites", str(file)]))
    assert "KX-77" in chosen.ids
    with pytest.raises(DocumentError, match="cannot be read"):
        load_chosen_sites(parser.parse_args(["list", "--sites", str(tmp_path / "none.yaml")]))
