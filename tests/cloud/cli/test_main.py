"""The commands of `python -m cloud` on an installation without the optional packages."""

import sys

import pytest

from cloud.__main__ import main


def test_a_command_names_the_extra_that_it_needs(monkeypatch, capsys) -> None:
    for name in [one for one in sys.modules if one.startswith(("cloud.cli.lake", "cloud.lake"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SystemExit, match="2"):
        main(["lake", "status"])
    expected = "duckdb is not installed: install onlooker[cloud,lake]"
    assert expected in capsys.readouterr().err
