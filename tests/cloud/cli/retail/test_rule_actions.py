"""A rule set is checked, stored and listed on the command line; its schema fits the reference."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from cloud.__main__ import main
from cloud.database import connect
from cloud.pricing.retail.rules import REFERENCE, rules_schema
from tests.cloud.app.retail.shop_rows import add_shops
from tests.cloud.databases import new_database


@pytest.fixture
def typed(tmp_path: Path, monkeypatch):
    url = new_database(tmp_path)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", url)
    engine = connect(url)
    add_shops(engine)
    engine.dispose()
    return lambda *words: main(["retail", "rules", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "spring.yaml"
    text = REFERENCE.read_text().replace("version: reference-1", "version: spring-1")
    text = text.replace("minimum_margin: 0.1", "minimum_margin: 0.12")
    override = "overrides: [{category: juice, maximum_move: null}]"
    file.write_text(text.replace("overrides: []", override))
    return file


def test_a_file_is_checked_against_what_is_in_force(typed, file: Path, capsys):
    assert typed("check", file) == 0
    first, second, *changes = capsys.readouterr().out.splitlines()
    assert first.startswith("spring-1 (")
    assert second.startswith("differences from reference-1 (")
    assert changes == [
        "  defaults.minimum_margin: 0.1 -> 0.12",
        "  overrides[category juice].maximum_move: nothing -> off",
    ]


def test_a_selector_that_matches_nothing_is_a_warning(typed, file: Path, capsys):
    file.write_text(file.read_text().replace("category: juice,", "product: juice-2,"))
    assert typed("check", file) == 1
    assert "warning: product 'juice-2' is not known: did you mean 'juice-1'" in (
        capsys.readouterr().out
    )


def test_what_is_put_is_listed_and_not_put_twice(typed, file: Path, capsys):
    assert typed("list") == 0
    assert "the reference rules, in force" in capsys.readouterr().out
    assert typed("put", file, "--reason", "spring margins") == 0
    assert "in every process" in capsys.readouterr().out
    assert typed("put", file) == 0
    assert "nothing is changed" in capsys.readouterr().out
    assert typed("list") == 0
    assert "spring-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("minimum_margin: 0.12", "minimum_margin: 1.2", 2, "at least 0 and below 1"),
        ("hold_days", "hold_day", 2, "did you mean 'hold_days'"),
        ("version: spring-1", "version: reference-1", 2, "change the version"),
    ],
)
def test_a_file_that_is_not_valid_is_refused(typed, file, capsys, old, new, status, words):
    file.write_text(file.read_text().replace(f"  {old}:", f"  {new}:").replace(old, new))
    assert typed("check", file) == status
    assert words in capsys.readouterr().err


def test_the_schema_fits_the_reference_and_refuses_unknown_words():
    schema, content = rules_schema(), yaml.safe_load(REFERENCE.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    content["defaults"]["maximum_mov"] = 1
    with pytest.raises(jsonschema.ValidationError, match="maximum_mov"):
        jsonschema.validate(content, schema)
