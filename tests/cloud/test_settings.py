"""The sites file is given by the option or by the variable; without both, a sentence says so."""

import argparse
from pathlib import Path

import pytest

from cloud import settings


def read(*words: str, **environment: str) -> settings.Settings:
    parser = argparse.ArgumentParser()
    settings.add_arguments(parser, "sites")
    return settings.read(parser.parse_args(words), environment)


def test_the_option_precedes_the_variable() -> None:
    assert read().sites is None
    assert read(ONLOOKER_SITES="estate.yaml").sites == Path("estate.yaml")
    assert read("--sites", "a.yaml", ONLOOKER_SITES="b.yaml").sites == Path("a.yaml")


def test_a_program_that_writes_figures_says_that_no_file_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.warn_without_sites(read("--sites", "a.yaml"))
    assert capsys.readouterr().err == ""
    settings.warn_without_sites(read())
    assert "the sample sites are used. Name yours with --sites" in capsys.readouterr().err


def test_the_old_variable_is_refused() -> None:
    with pytest.raises(settings.SettingsError, match="set ONLOOKER_SITES instead"):
        read(ONLOOKER_ESTATE="sites.yaml")
