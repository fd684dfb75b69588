"""`orders load` adds versions of lines and records them; `orders list` shows the newest."""

from pathlib import Path

import pytest

from cloud import database
from cloud.__main__ import main
from cloud.auth import audit
from cloud.sites.sites_file import SAMPLE
from tests.cloud.databases import new_database

ORDERS = SAMPLE.with_name("orders.csv")


def test_a_file_is_loaded_once_and_its_lines_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database(tmp_path)
    orders = ["orders", "--database", url]
    assert main([*orders, "load", str(ORDERS)]) == 0
    assert main([*orders, "load", str(ORDERS)]) == 0
    changed = tmp_path / "orders.csv"
    changed.write_text(ORDERS.read_text().replace("Reserved", "Booked"))
    assert main([*orders, "load", str(changed)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 lines added or changed, 0 as they were",
        "0 lines added or changed, 3 as they were",
        "1 lines added or changed, 2 as they were",
    ]
    assert main([*orders, "list", "--order", "SO-2042"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert " ".join(line.split()) == (
        "SO-2042 SO-2042-1 v2 Booked WA-01 2026-12-01T06:00Z to 2026-12-15T06:00Z 1 x 0.87 GBP "
        "Northern Rail: Advance fares"
    )
    assert main([*orders, "list", "--order", "SO-1"]) == 0
    assert "no order SO-1: `python -m cloud orders list` shows all" in capsys.readouterr().err
    engine = database.connect(url)
    with database.reading(engine) as connection:
        entries = list(audit.read_entries(connection))
    engine.dispose()
    assert [entry.action for entry in entries] == ["orders.load"] * 2


def test_a_refused_file_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = new_database(tmp_path)
    orders = ["orders", "--database", url]
    main([*orders, "load", str(ORDERS)])
    capsys.readouterr()
    other = tmp_path / "other.csv"
    rows = ORDERS.read_text().splitlines()
    other.write_text("\n".join([rows[0], rows[2].replace("0.70", "0.80"), rows[1] + ";x y"]) + "\n")
    assert main([*orders, "load", str(other)]) == 1
    assert "other.csv, row 3, column creatives: found 'x y'" in capsys.readouterr().err
    other.write_text("\n".join([rows[0], rows[1].replace("SO-2041,", "SO-2043,")]) + "\n")
    assert main([*orders, "load", str(other)]) == 1
    assert "other.csv, row 2, column order_id: found 'SO-2043'" in capsys.readouterr().err
    main([*orders, "list"])
    assert " v2 " not in capsys.readouterr().out
