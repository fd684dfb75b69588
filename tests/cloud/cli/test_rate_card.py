"""A rate card is checked, stored and listed on the command line, and used by every command."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.__main__ import main
from tests.cloud.databases import new_database
from tests.cloud.rates import CARD_FILE
from wire.clock import utc_now


@pytest.fixture
def typed(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", new_database(tmp_path))
    return lambda *words: main(["rate-card", *map(str, words)])


@pytest.fixture
def card(tmp_path: Path) -> Path:
    file = tmp_path / "spring.yaml"
    text = CARD_FILE.read_text().replace("version: reference-2", "version: spring-1")
    file.write_text(text.replace("factor: 1.4}", "factor: 1.45}"))
    return file


def test_a_card_is_checked_against_the_one_that_holds(typed, card: Path, capsys):
    assert typed("check", card) == 0
    first, second, change = capsys.readouterr().out.splitlines()

    assert first.startswith("spring-1 (")
    assert second.startswith("differences from reference-2 (")
    assert second.endswith(": 1")
    assert change == "  peak_hours.morning peak.factor: 1.4 -> 1.45"


def test_what_is_put_is_listed_and_not_put_twice(typed, card: Path, capsys):
    assert typed("list") == 0
    assert "the reference card, holds" in capsys.readouterr().out
    later = (utc_now() + timedelta(hours=1)).isoformat()
    assert typed("put", card) == typed("put", card, "--from", later) == 0
    output = capsys.readouterr().out.splitlines()
    assert "is in force from 20" in output[0]
    assert "is already in force at that time: nothing is changed" in output[1]
    assert typed("list") == 0
    _, line = capsys.readouterr().out.splitlines()
    assert line.split()[:2] == ["1", "spring-1"]
    assert "to come" in line


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--from", "tomorrow"], "is not an instant: write 20"),
        (["--from", "2027-01-01T00:00"], "names no moment: add its offset"),
        (["--from", "2001-01-01T00:00Z"], "when every process has read it"),
        (["--from", "9999-12-31T23:59-14:00"], "and 400 days from now"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(typed, card: Path, capsys, words, sentence: str):
    assert typed("put", card, *words) == 1
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_no_card_is_refused_with_the_place(typed, card: Path, capsys):
    card.write_text(card.read_text().replace("1.45", "-1"))
    for action in ("check", "put"):
        assert typed(action, card) == 2
        assert "morning peak" in capsys.readouterr().err


def test_the_price_command_finds_the_card_unless_it_is_given_another(
    typed, card: Path, monkeypatch, capsys
):
    price = ["price", "KX-01", "2026-11-23T08:00", "--json"]
    assert typed("put", card) == 0
    monkeypatch.setattr("cloud.cli.serve.utc_now", lambda: utc_now() + timedelta(minutes=1))
    capsys.readouterr()
    versions = []
    for words in (price, [*price, "--rate-card", str(CARD_FILE)]):
        assert main(words) == 0
        versions.append(json.loads(capsys.readouterr().out)["versions"]["rate_card"])
    assert versions == ["spring-1", "reference-2"]
