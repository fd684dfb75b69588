"""`python -m cloud users`: the first administrator, invitations, roles."""

import io
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.app.sign_in import mailer
from cloud.auth.accounts.account import AccountKind
from cloud.auth.users.sign_in import sign_in
from cloud.cli.accounts import users as users_command
from cloud.database import connect, writing
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import new_database
from tests.cloud.people import CHEAP, PASSWORD, add_account

ANN = ["--account", "owner", "--email", "Ann@owner.example", "--name", "Ann", "--role", "admin"]
MAIL = ["--smtp", "relay.example:25", "--link", "https://sales.example/"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        add_account(connection, "owner", FRIDAY_NOON, AccountKind.MEDIA_OWNER)
    engine.dispose()
    return url


@pytest.fixture
def users(url: str, monkeypatch):
    monkeypatch.setattr(users_command, "Passwords", lambda: CHEAP)
    return lambda *words: main(["users", "--database", url, *words])


def test_the_first_administrator_has_a_password_from_standard_input(
    users, url, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert users("create", *ANN, "--password-stdin") == 0
    output = capsys.readouterr()
    engine = connect(url)
    found = sign_in(engine, CHEAP, "ann@owner.example", PASSWORD, FRIDAY_NOON)
    engine.dispose()

    assert found.user == output.out.strip()
    assert found.token is not None
    assert PASSWORD not in output.out + output.err


IMPORTED = f"""account,email,name,role,password
owner,sam@owner.example,Sam Orr,sales,{PASSWORD}
owner,fay@owner.example,"Roy, Fay",finance,{PASSWORD}
"""


def test_users_are_imported_with_their_passwords_from_standard_input(
    users, url, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO(IMPORTED))
    assert users("import") == 0
    output = capsys.readouterr()
    engine = connect(url)
    found = sign_in(engine, CHEAP, "fay@owner.example", PASSWORD, FRIDAY_NOON)
    engine.dispose()
    assert found.user == output.out.split()[1]
    assert PASSWORD not in output.out + output.err


@pytest.mark.parametrize(
    ("changed", "to", "sentence"),
    [
        ("account,", "firm,", "the first line is not account,email,name,role,password"),
        ("finance", "boss", "line 3: 'boss' is no role: write one of"),
        ("finance", "agency", "line 3: "),
        ('"Roy, Fay"', "Roy, Fay", "line 3: 6 columns, expected account,email"),
        ('"Roy, Fay"', '"Roy, Fay', "line 3: not CSV"),
        (f"finance,{PASSWORD}", "finance,short", "line 3: "),
        ("fay@", "sam@", "line 3: a user has this e-mail address already"),
        ("fay@", "fay", "line 3: "),
    ],
)
def test_a_file_with_a_wrong_line_creates_no_user(
    users, capsys, monkeypatch, changed, to, sentence
):
    monkeypatch.setattr("sys.stdin", io.StringIO(IMPORTED.replace(changed, to, 1)))
    assert users("import") == 1
    assert sentence in capsys.readouterr().err
    assert users("list") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [(["short"] * 2, "has 5 characters"), ([PASSWORD, "another"], "type the same one twice")],
)
def test_a_password_at_the_prompt_is_typed_twice(users, capsys, monkeypatch, typed, sentence):
    answers = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert users("create", *ANN) == 1
    assert sentence in capsys.readouterr().err
    assert users("list") == 0
    assert capsys.readouterr().out == ""


def test_a_prompt_without_a_terminal_names_the_option_that_needs_none(users, capsys, monkeypatch):
    def ended(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    assert users("create", *ANN) == 1
    assert "--password-stdin" in capsys.readouterr().err


def test_a_user_is_invited_again_until_the_invitation_is_accepted(users, capsys, monkeypatch):
    sent = []
    monkeypatch.setattr(mailer.Mailer, "send_link", lambda *words: sent.append(words) or True)
    assert users("invite", *ANN, *MAIL) == users("invite", *ANN, *MAIL) == 0
    first, second = capsys.readouterr().out.split()

    assert first == second
    assert sent[0][0].link == "https://sales.example"
    assert users("set-role", "ann@owner.example", "--role", "sales", "--role", "finance") == 0
    assert users("list", "--account", "owner") == 0
    shown = f"{first}  invited  owner               finance sales  ann@owner.example  Ann\n"
    assert capsys.readouterr().out == shown
    assert users("disable", first) == 0
    assert users("disable", "nobody@owner.example") == 1
    monkeypatch.setattr(mailer.Mailer, "send_link", lambda *_: False)
    assert users("invite", *ANN, *MAIL) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--smtp"),
        (MAIL[:2], "--link"),
        (["--smtp", ":25", *MAIL[2:]], "HOST:PORT"),
        ([*MAIL[:2], "--link", "sales"], "--link cannot be read"),
    ],
)
def test_an_invitation_needs_a_relay_and_an_address(users, capsys, words, sentence):
    assert users("invite", *ANN, *words) == 2
    assert sentence in capsys.readouterr().err


def test_an_advertiser_gets_no_staff_role(users, url, capsys, monkeypatch):
    engine = connect(url)
    with writing(engine) as connection:
        add_account(connection, "acme", FRIDAY_NOON)
    engine.dispose()
    words = ["--account", "acme", "--email", "b@acme.example", "--name", "B", "--role", "admin"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert users("create", *words, "--password-stdin") == 1
    assert "of kind advertiser" in capsys.readouterr().err
