"""Refused points are repaired, replayed and closed."""

from pathlib import Path

from sqlalchemy import select

from cloud.database import connect, reading
from cloud.database.retail import retail_errors
from tests.cloud.cli.retail.conftest import Run, load_files


def test_the_queue_is_repaired_replayed_and_closed(retail: Run, shops: Path) -> None:
    lines = (shops / "points.csv").read_text().splitlines()
    changed = [line.replace(",GBP,", ",USD,") for line in lines[1:3]]
    other = shops / "other.csv"
    other.write_text("\n".join([lines[0], *changed, "a,b", lines[4].replace("S001", "S999")]))
    status, out, _ = load_files(retail, shops, other)
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
