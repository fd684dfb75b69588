"""The command on its own database, and the files of a small simulated chain."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.__main__ import main
from simulators.shops.chain import draw_chain
from simulators.shops.files import write_master_data, write_points
from simulators.shops.options import ChainOptions
from tests.cloud.databases import new_database
from wire.clock import utc_now

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def retail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    url = new_database(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        status = main(["retail", *map(str, words), "--database", url])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    first_on = utc_now().date() - timedelta(days=20)
    chain = draw_chain(ChainOptions(stores=3, products=4, days=20, first_on=first_on, seed=3))
    write_master_data(chain, tmp_path)
    write_points(chain, tmp_path / "points.csv")
    return tmp_path


def load_files(retail: Run, shops: Path, *points: Path) -> tuple[int, str, str]:
    return retail("load", "--stores", shops / "stores.csv", "--products", shops / "products.csv",
                  "--points", *points)  # fmt: skip
