"""`python -m cloud forecast` names the sites that it cannot forecast, also by its exit code."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud import database
from cloud.__main__ import main
from tests.cloud.databases import new_database

HOUR_MS = 3_600_000
Typed = Callable[..., int]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    url = new_database(tmp_path)
    engine = database.connect(url)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [
                {
                    "location": "KX-01", "device": "kx-01-cam-1", "observed_ms": HOUR_MS,
                    "hour_at": int((now - timedelta(hours=age)).timestamp()), "entries": 100,
                }
                for age in range(1, 168 * 3)
            ],
        )  # fmt: skip
    engine.dispose()

    def run(*more: str) -> int:
        return main(["forecast", "--plain", "--database", url, *more])

    return run


def test_a_night_that_did_every_place_exits_with_zero(typed: Typed, capsys):
    assert typed() == 0
    done = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (done["forecast"], done["failed"], done["stale"]) == (1, [], [])


def test_signals_that_cannot_be_read_leave_the_place_without_them_and_exit_with_three(
    typed: Typed, tmp_path: Path, capsys
):
    folder = tmp_path / "signals"
    folder.mkdir()
    (folder / "KX-01.csv").write_text("name,from,until,value\nrain,today,tomorrow,1\n")

    assert typed("--signals", str(folder)) == 3
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[0])["forecast"] == 1
    assert "KX-01.csv, line 2" in err
    assert "without its signals" in err


def test_a_place_that_fails_is_named_and_the_exit_code_is_three(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, capsys
):
    def failing(*_: object, **__: object) -> None:
        raise ArithmeticError("no such figure")

    monkeypatch.setattr("cloud.forecast.week_forecasts.build_week_forecasts", failing)

    assert typed() == 3
    out, err = capsys.readouterr()
    assert "KX-01 was left out: ArithmeticError: no such figure" in err
    assert {one["location"] for one in json.loads(out.splitlines()[0])["failed"]} >= {"KX-01"}
