"""`python -m cloud accounts` creates, lists and closes accounts."""

from pathlib import Path

import pytest

from cloud.__main__ import main
from tests.cloud.databases import new_database


@pytest.fixture
def accounts(tmp_path: Path):
    url = new_database(tmp_path)
    return lambda *words: main(["accounts", "--database", url, *words])


def test_accounts_are_created_listed_and_closed(accounts, capsys):
    agency = ["--name", "North", "--kind", "agency", "--commission-bp", "1500"]
    assert accounts("create", "north", *agency) == 0
    assert accounts(
        "create", "acme", "--name", "Acme Ltd", "--kind", "advertiser", "--agency", "north",
        "--address", "1 Road", "--address", "Leeds",
    ) == 0  # fmt: skip
    assert accounts("close", "acme") == 0
    assert accounts("list") == 0

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["acme", "advertiser", "closed", "Acme", "Ltd", "agency", "north"],
        ["north", "agency", "open", "North"],
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "A", "--name", "A", "--kind", "agency"], "lower-case"),
        (["create", "a", "--name", "A", "--kind", "agency", "--currency", "ZZZ"], "ISO 4217"),
        (["close", "nobody"], "no account 'nobody'"),
    ],
)
def test_what_is_refused_says_why(accounts, capsys, words, sentence):
    assert accounts(*words) == 1
    assert sentence in capsys.readouterr().err
