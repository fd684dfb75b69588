"""`python -m cloud retail`: from files to committed points and a repaired queue."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cloud.__main__ import main
from cloud.database import connect, reading
from cloud.database.retail import retail_errors, retail_price_points
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


def _load(retail: Run, shops: Path, *points: Path) -> tuple[int, str, str]:
    return retail("load", "--stores", shops / "stores.csv", "--products", shops / "products.csv",
                  "--points", *points)  # fmt: skip


def test_a_simulated_chain_is_loaded_once(retail: Run, shops: Path) -> None:
    status, out, _ = _load(retail, shops, shops / "points.csv")
    with reading(connect(f"sqlite:///{shops}/onlooker.db")) as connection:
        rows = connection.execute(select(retail_price_points)).all()
    assert status == 0, out
    assert f"points.csv: {len(rows)} points committed, 0 were committed before, 0 refused" in out
    assert len(rows) > 230
    assert {row.source for row in rows} == {"csv"}
    assert _load(retail, shops, shops / "points.csv")[1] == out


def test_the_queue_is_repaired_replayed_and_closed(retail: Run, shops: Path) -> None:
    lines = (shops / "points.csv").read_text().splitlines()
    changed = [line.replace(",GBP,", ",USD,") for line in lines[1:3]]
    other = shops / "other.csv"
    other.write_text("\n".join([lines[0], *changed, "a,b", lines[4].replace("S001", "S999")]))
    status, out, _ = _load(retail, shops, other)
    assert status == 1
    assert "0 points committed, 0 were committed before, 4 refused" in out
    status, out, _ = retail("errors", "list", "--reason", "unknown_rate")
    assert [line.split()[:4:3] for line in out.splitlines()] == [["2", "csv"], ["1", "csv"]]
    assert "other.csv:3" in out
    assert retail("errors", "repair", 1, "--set", "currency=GBP")[1] == "1: committed\n"
    status, out, _ = retail("errors", "replay", "--source", "csv")
    assert status == 1
    assert out.count("refused again") == 3
    rates = shops / "rates.csv"
    day = min(line.split(",")[8][:10] for line in lines[1:3])
    rates.write_text(f"base_currency,currency,rated_on,rate\nGBP,USD,{day},0.75\n")
    assert retail("rates", "load", rates)[0] == 0
    assert f"{day}  1 USD = 0.75 GBP" in retail("rates", "list")[1]
    assert retail("errors", "replay", 2)[:2] == (0, "2: committed\n")
    assert retail("errors", "close", 3, "--note", "no point")[0] == 0
    assert retail("errors", "close", 3, "--note", "again")[0] == 2
    status, out, _ = retail("errors", "counts")
    assert out.splitlines()[-1].split()[:6] == ["csv", "unreadable", "0", "open", "1", "stored"]
    assert "unknown_store" in retail("errors", "show", 4)[1]
    with reading(connect(f"sqlite:///{shops}/onlooker.db")) as connection:
        states = connection.execute(select(retail_errors.c.state).order_by("id")).scalars().all()
    assert states == ["repaired", "replayed", "closed", "open"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("load",), "give --stores, --products or --points"),
        (("load", "--points", "none.csv"), "cannot be read"),
        (("load", "--stores", "none.csv"), "cannot be read"),
        (("load", "--points", "x", "--source", ""), "use 1 to 63 characters"),
        (("errors", "show", 9), "the error queue has no entry 9"),
        (("errors", "repair", 9, "--set", "price"), "write FIELD=VALUE"),
        (("stream", "--kinesis", "s", "--share", "g"), "--kinesis reads none"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: tuple[object, ...], sentence: str, retail: Run
) -> None:
    status, _, error = retail(*words)
    assert status == 2
    assert sentence in error
