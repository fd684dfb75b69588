"""`python -m cloud keys` creates, lists and revokes keys, and never prints a key again."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.cli.keys import add_arguments, run
from tests.cloud.databases import new_database


def test_keys_are_made_listed_and_revoked_from_the_command_line(tmp_path: Path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    where = ["--database", new_database(tmp_path)]

    made = run(parser.parse_args([*where, "create", "--role", "sales", "--owner", "context 4"]))
    key = capsys.readouterr().out.strip()
    name = key.split("_")[1]
    run(parser.parse_args([*where, "list"]))
    listed = capsys.readouterr().out
    revoked = run(parser.parse_args([*where, "revoke", name]))
    again = run(parser.parse_args([*where, "revoke", name]))

    assert (made, revoked, again) == (0, 0, 1)
    assert listed.split() == [name, "sales", "in", "force", name, "context", "4"]
    assert key not in listed


@pytest.fixture
def keys(tmp_path: Path) -> Callable[..., int]:
    url = new_database(tmp_path)
    return lambda *words: main(["keys", "--database", url, *words])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--owner", ""], "printable characters"),
        (["--owner", "a", "--account", "Not A Word"], "lower-case letters"),
        (["--owner", "a", "--days", "0"], "would never be valid"),
        (["--owner", "a", "--days", "-1"], "would never be valid"),
        (["--owner", "a", "--days", "99999999999"], "--days 99999999999 is out of range"),
    ],
)
def test_a_key_that_is_refused_is_not_stored(keys, capsys, words: list[str], sentence: str):
    assert keys("create", "--role", "sales", *words) == 1
    assert sentence in capsys.readouterr().err
    assert keys("list") == 0
    assert capsys.readouterr().out == ""


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(keys, capsys):
    with pytest.raises(SystemExit):
        keys("create", "--role", "king", "--owner", "a")
    assert "sales" in capsys.readouterr().err


def test_a_key_that_does_not_exist_is_not_revoked(keys, capsys):
    assert keys("revoke", "0123456789ab") == 1
    assert "no valid key has the id" in capsys.readouterr().err
