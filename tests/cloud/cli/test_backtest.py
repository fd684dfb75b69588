"""`python -m cloud backtest` scores any hourly file, or names what is wrong with it."""

import argparse
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cloud.cli.backtest import add_arguments
from cloud.cli.backtest import run as run_command

pytest.importorskip("pyarrow")
ZONE = ["--timezone", "Europe/London"]
LEEDS = Path(__file__).parents[4] / "shared/data/forecast/leeds_2009_2013.parquet"


def written(folder: Path, *, hours: int = 24 * 100) -> Path:
    start = datetime(2024, 1, 1)  # noqa: DTZ001 - a local clock
    lines = ["series,at,value"]
    for hour in range(hours):
        at = start + timedelta(hours=hour)
        lines += [f"a,{at.isoformat()},{hour % 24}", f"b,{at.isoformat()},{5 + hour % 24}"]
    file = folder / "hours.csv"
    file.write_text("\n".join(lines))
    return file


def test_the_command_scores_any_hourly_file(tmp_path: Path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    file = written(tmp_path)

    assert run_command(parser.parse_args([str(file), *ZONE, "--origins", "2", "--json"])) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in answer["models"]] == ["naive", "median", "recent"]
    assert set(answer["wql_by_series"]["naive"]) == {"a", "b"}


def test_a_series_without_counts_is_left_out_by_name_with_its_signals(tmp_path: Path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    file, signals = written(tmp_path), tmp_path / "signals"
    signals.mkdir()
    closed = [f"c,{datetime(2024, 1, 1) + timedelta(hours=hour)},0" for hour in range(24 * 100)]  # noqa: DTZ001
    file.write_text("\n".join([file.read_text(), *closed]))
    for name in ("b", "c"):
        (signals / f"{name}.csv").write_text(
            "name,from,until,value\nrain,2024-03-01,2024-03-02,1\n"
        )
    typed = [str(file), *ZONE, "--origins", "2", "--json", "--signals", str(signals)]

    assert run_command(parser.parse_args(typed)) == 0
    out, err = capsys.readouterr()
    assert set(json.loads(out)["wql_by_series"]["recent"]) == {"a", "b"}
    assert err.endswith("excluded, no count above 0 in the weeks to score: c\n")
    (signals / "d.csv").write_text("name,from,until,value\n")
    assert run_command(parser.parse_args(typed)) == 1
    assert "d.csv names no series of the file" in capsys.readouterr().err


def test_weeks_from_chosen_days_are_scored_or_refused(tmp_path: Path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    file = str(written(tmp_path))

    assert run_command(parser.parse_args([file, *ZONE, "--on", "2024-02-14", "2024-03-01"])) == 0
    assert run_command(parser.parse_args([file, *ZONE, "--on", "2024-04-08"])) == 1
    assert "days from 2024-01-29 to 2024-04-03 can" in capsys.readouterr().err


@pytest.mark.parametrize(("origins", "sentence"), [("0", "ask for one"), ("9", "ask for fewer")])
def test_origins_that_cannot_be_scored_are_refused(
    tmp_path: Path, capsys, origins: str, sentence: str
):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    typed = [str(written(tmp_path)), *ZONE, "--origins", origins]
    assert run_command(parser.parse_args(typed)) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_the_last_week_of_each_series_is_drawn(tmp_path: Path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    file, folder = written(tmp_path), tmp_path / "drawn"
    typed = [str(file), *ZONE, "--origins", "1", "--models", "recent", "--plot", str(folder)]

    assert run_command(parser.parse_args(typed)) == 0
    assert sorted(drawn.name for drawn in folder.iterdir()) == ["a.svg", "b.svg"]
    assert "recent" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not LEEDS.exists(), reason="the shared footfall data is not here")
def test_the_untrained_default_misses_a_third_less_than_last_week_on_real_footfall(capsys):
    pytest.importorskip("holidays")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    columns = ["--columns", "location_id,ts_local,count,ok", "--holidays", "GB-ENG", *ZONE]

    assert run_command(parser.parse_args([str(LEEDS), *columns, "--json"])) == 0
    rows = {row["model"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    assert rows["recent"]["relative_wql"] <= 0.67
    assert 0.75 <= rows["recent"]["coverage"] <= 0.85


@pytest.mark.parametrize("delimiter", ["", ";;", "\N{SECTION SIGN}", "\udcff"])
def test_a_delimiter_is_one_ascii_character(tmp_path: Path, capsys, delimiter: str):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    typed = parser.parse_args([str(written(tmp_path)), *ZONE, "--delimiter", delimiter])

    assert run_command(typed) == 1
    assert capsys.readouterr().err == f"--delimiter {delimiter!r}: expected one ASCII character\n"
