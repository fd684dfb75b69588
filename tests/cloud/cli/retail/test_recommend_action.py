"""A recommendation on the command line: the price, what it brings, and why."""

from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.cli.retail import recommend_action
from cloud.database import connect
from tests.cloud.app.retail.shop_rows import add_shops
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import new_database


@pytest.fixture
def typed(tmp_path: Path, monkeypatch):
    url = new_database(tmp_path)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", url)
    monkeypatch.setattr(recommend_action, "utc_now", lambda: FRIDAY_NOON)
    engine = connect(url)
    add_shops(engine)
    engine.dispose()
    return lambda *words: main(["retail", "recommend", *words])


def test_a_price_is_printed_with_its_reasons_and_alternatives(typed, capsys):
    assert typed("juice-1", "s-1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("juice-1 in s-1: 3.29 GBP (now 3.49 GBP), recommended, confidence ")
    assert lines[1].startswith("  expected in a week: 115.9 units (")
    assert "  The price ladder has 3.29 GBP; 3.33 GBP was computed." in lines
    assert lines[-4].startswith("  keep: 3.49 GBP, 100.0 units (100.0 to 100.0), margin 149.00 GBP")


def test_without_a_store_every_store_is_printed(typed, capsys):
    assert typed("juice-1") == 0
    out = capsys.readouterr().out
    assert "juice-1 in s-2: 3.99 GBP (now 3.99 GBP), kept" in out
    assert "keep: 3.99 GBP, no estimate" in out


@pytest.mark.parametrize("words", [("x",), ("x", "s-1")])
def test_an_unknown_product_is_refused(typed, capsys, words):
    assert typed(*words) == 2
    assert "price points" in capsys.readouterr().err
