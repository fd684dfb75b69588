from pathlib import Path

import pytest

from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, load, parse


def test_an_empty_file_means_the_defaults():
    assert parse("") == Settings()


def test_a_file_names_only_what_differs():
    settings = parse("interval_s = 10\n[capture]\nanalysed_fps = 8\n")
    assert settings.interval_s == 10
    assert settings.capture.analysed_fps == 8.0
    assert settings.tracking == Settings().tracking


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("interval_s = 7", "must divide 60"),
        ("interval_s = 0", ">= 1"),
        ("interval_s = 90", "<= 60"),
        ("interval_s = '30'", "Expected `int`, got `str`"),
        ("intervals = 30", "unknown field `intervals`"),
        ("[capture]\nanalysed_fps = -1", "$.capture.analysed_fps"),
        ("[capture]\nanalysed_fps = nan", "nan is not a finite number"),
        ("[capture]\nanalysed_fps = inf", "inf is not a finite number"),
        ("[privacy]\ndemographics = 1", "Expected `bool`"),
        ("capture = 5", "Expected `object`, got `int`"),
        ("interval_s = ", "not TOML"),
    ],
)
def test_an_error_is_reported_and_nothing_of_the_file_is_used(text, complaint):
    with pytest.raises(SettingsError) as refusal:
        parse(text)
    assert complaint in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"no\.toml cannot be read"):
        load(tmp_path / "no.toml")


def test_a_wrong_file_is_named(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"wrong\.toml"):
        load(path)
