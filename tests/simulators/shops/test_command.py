"""`python -m simulators shops`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.__main__ import load_command
from simulators.shops.command import run

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SMALL = ["shops", "--stores", "2", "--products", "3", "--days", "4"]


def test_it_writes_the_days_up_to_yesterday(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, arguments = load_command([*SMALL, "--out", str(tmp_path / "new"), "--progress"])
    assert run(arguments, clock=lambda: NOW) == 0
    assert "24 points of 2026-04-27 to 2026-04-30" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {"points.csv", "products.csv", "stores.csv", "truth.json"}


def test_a_history_of_the_future_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*SMALL, "--out", str(tmp_path), "--first-on", "2026-04-28"]
    assert run(load_command(words)[1], clock=lambda: NOW) == 2
    assert "it must end before 2026-05-01" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    words = [*SMALL, "--out", str(tmp_path / "file")]
    assert run(load_command(words)[1], clock=lambda: NOW) == 2
    assert capsys.readouterr().err.startswith("shops: ")
