"""`python -m cloud accounts` creates, changes, lists and closes accounts."""

from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.auth.accounts.account_store import require_account
from cloud.database import reading
from tests.cloud.databases import new_database, new_engine


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


def test_a_change_replaces_what_its_options_name(accounts, tmp_path, capsys):
    new = ["--name", "Acme", "--kind", "advertiser", "--address", "1 Road"]
    assert accounts("create", "acme", *new, "--vat-number", "GB123456789") == 0
    assert accounts("change", "acme", "--name", "Acme plc", "--vat-number", "") == 0
    assert accounts("change", "acme", "--address", "2 Road", "--address", "Leeds") == 0
    engine = new_engine(tmp_path)
    with reading(engine) as connection:
        found = require_account(connection, "acme")
    engine.dispose()
    assert (found.name, found.vat_number, found.address) == ("Acme plc", None, ("2 Road", "Leeds"))
    assert accounts("change", "acme") == 1
    assert "at least one option" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "A", "--name", "A", "--kind", "agency"], "lower-case"),
        (["create", "a", "--name", "A", "--kind", "agency", "--currency", "ZZZ"], "ISO 4217"),
        (["change", "nobody", "--name", "B"], "no account 'nobody'"),
        (["close", "nobody"], "no account 'nobody'"),
    ],
)
def test_what_is_refused_says_why(accounts, capsys, words, sentence):
    assert accounts(*words) == 1
    assert sentence in capsys.readouterr().err
