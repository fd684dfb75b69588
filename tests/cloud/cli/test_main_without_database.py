"""Commands other than the receiving services and `database upgrade` never create a database."""

from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.fleet.__main__ import main as fleet
from cloud.pricing.rate_card import REFERENCE

COMMANDS = [
    ["forecast", "--plain"],
    ["keys", "create", "--role", "sales", "--owner", "Leeds"],
    ["override", "set", "KX-01", "2026-11-23T08:00", "40.00", "--reason", "agreed"],
    ["publish"],
    ["rate-card", "put", str(REFERENCE)],
    ["serve", "--port", "18080"],
    ["alerts", "run", "--once"],
    ["fleet", "register", "cam-1", "--location", "KX-01"],
    ["alerts", "list"],
    ["alerts", "show", "1"],
    ["alerts", "acknowledge", "1"],
    ["audit", "verify"],
    ["audit", "list"],
    ["database", "current"],
    ["database", "check"],
    ["dead-letters", "list"],
    ["dead-letters", "show", "1"],
    ["dead-letters", "replay"],
    ["dead-letters", "quarantined"],
    ["fleet", "list"],
    ["fleet", "show", "cam-1"],
    ["fleet", "drift"],
    ["fleet", "audit"],
    ["fleet", "job", "list"],
    ["fleet", "set", "--all", "report_interval_ms=15000"],
    ["fleet", "retire", "cam-1"],
    ["streams", "list"],
    ["streams", "losses"],
    ["keys", "list"],
    ["keys", "revoke", "0123456789ab"],
    ["override", "list"],
    ["retention"],
]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONLOOKER_DATABASE_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_command_creates_no_database(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    run, typed = (fleet, command[1:]) if command[0] == "fleet" else (main, command)
    assert run(typed) == 2
    output = capsys.readouterr().err
    assert str(elsewhere / "var" / "onlooker.db") in output
    assert "--database" in output
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["check", str(REFERENCE)], "is a valid rate card"), (["list"], "the reference card, holds")],
)
def test_rate_cards_without_a_database_are_the_reference_card_and_none_is_made(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["rate-card", *words]) == 0
    shown = capsys.readouterr()
    assert "only the reference card is known" in shown.err
    assert str(elsewhere / "var" / "onlooker.db") in shown.err
    assert sentence in shown.out
    assert list(elsewhere.iterdir()) == []


def test_an_empty_database_is_left_as_it_is(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "empty.db").touch()
    assert main(["streams", "list", "--database", "sqlite:///empty.db"]) == 2
    assert "holds no tables of Onlooker" in capsys.readouterr().err


def test_a_price_without_a_database_says_so_and_makes_none(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["price", "KX-01", "2026-11-23T08:00"]) == 0
    output = capsys.readouterr()
    assert "from assumptions alone" in output.err
    assert str(elsewhere / "var" / "onlooker.db") in output.err
    assert "KX-01" in output.out
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    "typed",
    ["alerts show 9223372036854775808", "alerts close 99999999999999999999 --reason over",
     "alerts list --limit=-1", "dead-letters show 99999999999999999999",
     "dead-letters list --limit=-1", "dead-letters replay 0", "fleet audit --limit=-1",
     "fleet job list --limit=0", "fleet job create --all restart --per-minute=0"],
)  # fmt: skip
def test_a_number_out_of_range_is_refused_before_the_database_is_asked(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    assert ended.value.code == 2
    assert "write a whole number from" in capsys.readouterr().err
