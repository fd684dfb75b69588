"""`cloud sites check` reports errors that programs refuse, and warnings."""

from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from cloud.__main__ import main
from cloud.sites.sites_file import SAMPLE, json_schema

SAMPLE_TEXT = SAMPLE.read_text()
PAGE = Path(__file__).parents[3] / "docs" / "sites-file.md"


def check(tmp_path: Path, *changes: tuple[str, str], card: Path | None = None) -> int:
    text = SAMPLE_TEXT
    for written, instead in changes:
        assert written in text
        text = text.replace(written, instead, 1)
    file = tmp_path / "sites.yaml"
    file.write_text(text)
    return main(["sites", "check", str(file), *(["--rate-card", str(card)] if card else [])])


def test_the_sample_is_valid(tmp_path, capsys):
    assert check(tmp_path) == 0
    assert "8 locations, 16 cameras, 1 time zones: 0 errors, 0 warnings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("high_traffic_station", "high_trafic_station"), "KX-01: traffic 'high_trafic_station'"),
        (("high_traffic_station", "high_trafic_station"), "did you mean 'high_traffic_station'?"),
        (("professionals_25_45", "proffesionals"), "KX-01: demographic 'proffesionals'"),
        (('"10503"', '"19999"'), "KX-01: venue id '19999' is not known"),
        (("placement: ticket_hall", "placement: hallway"), "placement 'hallway' is not known"),
        (("holidays: GB-ENG", "holidays: XX"), "holidays country 'XX' is not known"),
        (("timezone: Europe/London", "timezone: Mars/Base"), "timezone 'Mars/Base' is not known"),
        (("cameras:", "camera_list:"), "did you mean 'cameras'?"),
    ],
)
def test_a_word_that_is_not_known_is_an_error_with_the_allowed_list(
    tmp_path, capsys, change, sentence
):
    assert check(tmp_path, change) == 2
    output = capsys.readouterr().out
    assert output.startswith("error: ")
    assert sentence in output
    assert "allowed are" in output or "use a name such as" in output


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("[kx-01-cam-1, {id: kx-01-sim, optional: true}]", "[]"), "KX-01: no cameras"),
        (("[kx-01-cam-1, ", "["), "KX-01: every camera is optional"),
        (
            ("[kx-01-cam-1, {id: kx-01-sim, optional: true}]", "[{id: a, until: 2020-01-01}]"),
            "KX-01: every camera is listed until a past date",
        ),
        (("    holidays: GB-ENG\n", ""), "KX-01: no holidays calendar"),
    ],
)
def test_what_is_allowed_but_probably_not_meant_is_a_warning(tmp_path, capsys, change, sentence):
    assert check(tmp_path, change) == 1
    output = capsys.readouterr().out
    assert f"warning: {sentence}" in output
    assert "0 errors, 1 warnings" in output


def test_a_missing_sites_file_and_an_invalid_rate_card_are_named(tmp_path, capsys):
    assert main(["sites", "check", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml cannot be read" in capsys.readouterr().out

    card = tmp_path / "card.yaml"
    card.write_text("version: 1\n")
    assert check(tmp_path, card=card) == 2
    assert "card.yaml" in capsys.readouterr().out


def test_the_schema_accepts_the_sample_and_refuses_a_typing_error_in_two_other_readers():
    from jsonschema import Draft202012Validator  # slow to import

    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    sample = yaml.safe_load(SAMPLE_TEXT)
    wrong = yaml.safe_load(
        SAMPLE_TEXT.replace("placement: ticket_hall", "placement: tickethall", 1)
    )
    long = yaml.safe_load(SAMPLE_TEXT.replace("holidays: GB-ENG", "holidays: GB-ENGLAND", 1))

    for is_valid in (
        Draft202012Validator(schema).is_valid,
        jsonschema_rs.Draft202012Validator(schema).is_valid,
    ):
        assert is_valid(sample)
        assert not is_valid(wrong)
        assert not is_valid(long)


def test_the_reference_page_names_every_field_and_every_placement():
    page = PAGE.read_text()
    definitions = json_schema()["$defs"]

    fields = {name for one in definitions.values() for name in one["properties"]}
    assert {name for name in fields if f"`{name}`" not in page} == set()
    words = definitions["Site"]["properties"]["placement"]["enum"]
    assert {word for word in words if f"`{word}`" not in page} == set()
