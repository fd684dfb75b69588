"""From trusted points to estimates: marts, training, backtest and their refusals."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.cli.nightly.retail_steps import RetailSteps
from cloud.database import connect, reading
from cloud.forecast.retail import model_choice
from cloud.forecast.retail.estimates import read_estimates
from cloud.forecast.retail.models.registry import DEMAND_MODELS
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.lake.writer import append
from cloud.marts.retail.weekly import TRUSTED_POINTS
from tests.cloud.databases import new_database
from tests.cloud.marts.retail.point_rows import build_point, build_points, simulate_points
from wire.clock import utc_now

Run = Callable[..., tuple[int, str, str]]
DAYS = 13
"""Enough for one whole week, whichever day it is."""


@pytest.fixture
def retail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    url = new_database(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        lake = ["--lake", str(tmp_path / "lake")] if words[0] in ("marts", "train") else []
        status = main(["retail", *map(str, words), *lake, "--database", url])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def trusted(tmp_path: Path) -> Lake:
    """Points of some days in the trusted zone."""
    first_on = utc_now().date() - timedelta(days=DAYS)
    points = simulate_points(DAYS, products=1, stores=1, first_on=first_on)
    lake = Lake(open_storage(str(tmp_path / "lake")), connect(f"sqlite:///{tmp_path}/onlooker.db"))
    append(lake, TRUSTED_POINTS, points, now=utc_now())
    return lake


def test_estimates_follow_from_points(retail: Run, trusted: Lake, monkeypatch) -> None:
    monkeypatch.setattr(model_choice, "DEMAND_MODELS", {"shrunk": DEMAND_MODELS["shrunk"]})
    status, out, err = retail("marts")
    assert (status, err) == (0, "")
    assert out.count("week of") >= DAYS // 7
    assert "features of" in out
    steps = RetailSteps(trusted, utc_now)
    assert steps.build_marts().rows == 0  # all is built
    status, out, err = retail("train")
    assert status == 0, err
    assert out.startswith("shrunk-1@")
    assert "with empty shelves" in out
    assert retail("models")[1].count("\n") == 1
    assert steps.train().rows == int(out.split(": ")[1].split()[0])
    with reading(trusted.engine) as connection:
        assert {one.model_version for one in read_estimates(connection)} <= {out.split(":")[0]}


def test_no_points_are_refused_and_do_nothing_at_night(tmp_path: Path, retail: Run) -> None:
    status, out, err = retail("train")
    assert (status, out) == (2, "")
    assert "load price points" in err
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    steps = RetailSteps(Lake(open_storage(str(tmp_path / "lake")), engine), utc_now)
    assert [step.run().rows for step in steps.steps()] == [0, 0, 0]


def test_history_that_is_loaded_at_once_has_no_features_yet(retail: Run, tmp_path: Path) -> None:
    now = utc_now()
    noon = now.replace(hour=12) - timedelta(days=2)
    points = build_points([build_point(observed_at=noon, received_at=now)])
    lake = Lake(open_storage(str(tmp_path / "lake")), connect(f"sqlite:///{tmp_path}/onlooker.db"))
    append(lake, TRUSTED_POINTS, points, now=now)
    status, out, _ = retail("marts")
    assert (status, out.count(": 0 rows\n")) == (0, 2)
    assert out.endswith("the day of the load, built when it has ended\n")


def test_a_backtest_of_a_file_prints_the_scores_and_the_choice(tmp_path: Path, retail: Run) -> None:
    names = (
        "product,store,category,week_on,observed_days,units,revenue_minor,price_minor,cost_minor,"
        "competitor_price_minor,deal_days,feature_days,holiday_days,stockout_days"
    )
    rows = [
        f"p,{store},c,{date},7,{units},{units * price},{price},60,,0,0,0,0"
        for store in ("s-1", "s-2")
        for week in range(24)
        for date in [f"{(utc_now().date() - timedelta(days=utc_now().weekday(), weeks=24 - week))}"]
        for price in [100 + 10 * ((week * 7 + len(store)) % 5)]
        for units in [round(1e6 * price**-2.0)]
    ]
    file = tmp_path / "weeks.csv"
    file.write_text("\n".join([names, *rows]) + "\n")
    status, out, err = retail("backtest", "--weekly", file, "--models", "series-mean,chain-slopes")
    assert status == 0, err
    assert "2 of 2: chain-slopes" in err
    assert "chosen: chain-slopes" in out
    assert retail("backtest", "--weekly", file, "--models", "series-mean")[0] == 2
    assert "did you mean" in retail("backtest", "--weekly", file, "--models", "shrunkk")[2].lower()
    file.write_text("product\np\n")
    assert "has no column store" in retail("backtest", "--weekly", file)[2]
